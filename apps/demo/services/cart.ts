import { readCount, readText } from '../service/json';
import type { Service } from '../service/service';

const itemsOf = 'SELECT product_id AS id, quantity, price_cents FROM cart_items WHERE user_id = $1';

/** What a user means to buy, at the price it had when it was put there. */
export function cart(service: Service): void {
  const lastPrice = new Map<string, number>();

  service.get('/carts/:user', async ({ params }) => {
    await service.work(2);
    return { items: await service.store.select(itemsOf, [readText(params, 'user')]) };
  });

  service.post('/carts/:user/items', async ({ params, body }) => {
    const user = readText(params, 'user');
    const id = readText(body, 'id');
    await service.work(3);
    if (!service.faults.skips('catalog')) {
      lastPrice.set(id, readCount(await service.calls.get('catalog', `/products/${id}`), 'price_cents'));
    }
    await service.store.execute(
      `INSERT INTO cart_items VALUES ($1, $2, $3, $4)
       ON CONFLICT (user_id, product_id) DO UPDATE SET quantity = cart_items.quantity + $3, price_cents = $4`,
      [user, id, readCount(body, 'quantity'), lastPrice.get(id) ?? 0],
    );
    return { user, id };
  });

  service.delete('/carts/:user', async ({ params }) => {
    await service.work(2);
    await service.store.execute('DELETE FROM cart_items WHERE user_id = $1', [readText(params, 'user')]);
    return {};
  });
}
