import { randomUUID } from 'node:crypto';
import { readCount, readList, readText } from '../service/json';
import { Refusal, type Service } from '../service/service';

/** Turns a cart into an order: charged, shipped, kept. */
export function checkout(service: Service): void {
  service.post('/orders', async ({ body }) => {
    const user = readText(body, 'user');
    const card = readText(body, 'card');
    await service.work(4);
    const items = readList(await service.calls.get('cart', `/carts/${user}`), 'items', (item) => ({
      id: readText(item, 'id'),
      quantity: readCount(item, 'quantity'),
      price: readCount(item, 'price_cents'),
    }));
    if (items.length === 0) throw new Refusal(409, `the cart of ${user} is empty`);
    const totalCents = items.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
    const earlier = await service.store.select(
      'SELECT id FROM orders WHERE user_id = $1 ORDER BY placed_at DESC LIMIT 3',
      [user],
    );
    const orderId = randomUUID();
    await service.calls.post('payment', '/charges', { id: orderId, user, card, amountCents: totalCents });
    if (!service.faults.skips('shipping')) await service.calls.post('shipping', '/shipments', { orderId, items });
    await service.store.execute('INSERT INTO orders (id, user_id, total_cents) VALUES ($1, $2, $3)', [
      orderId,
      user,
      totalCents,
    ]);
    await service.calls.delete('cart', `/carts/${user}`);
    return { orderId, totalCents, returning: earlier.length > 0 };
  });
}
