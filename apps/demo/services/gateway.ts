import { readList, readText } from '../service/json';
import type { Incoming, Service } from '../service/service';

const at = (incoming: Incoming, key: string): string => encodeURIComponent(readText(incoming.params, key));

/** The shop's front door. */
export function gateway(service: Service): void {
  const itemsInCart = async (user: string): Promise<number> => {
    if (service.faults.skips('cart')) return 0;
    return readList(await service.calls.get('cart', `/carts/${user}`), 'items', (item) => item).length;
  };

  service.get('/products', async ({ query }) => {
    await service.work(2);
    return {
      page: await service.calls.get('catalog', `/products?category=${encodeURIComponent(readText(query, 'category'))}`),
    };
  });

  service.get('/products/:id', async (incoming) => {
    await service.work(2);
    const user = encodeURIComponent(readText(incoming.query, 'user'));
    const [product, inCart] = await Promise.all([
      service.calls.get('catalog', `/products/${at(incoming, 'id')}`),
      itemsInCart(user),
    ]);
    return { product, inCart };
  });

  service.get('/cart/:user', async (incoming) => {
    await service.work(2);
    return { cart: await service.calls.get('cart', `/carts/${at(incoming, 'user')}`) };
  });

  service.post('/cart/:user/items', async (incoming) => {
    await service.work(2);
    const item = { id: readText(incoming.body, 'id'), quantity: 1 };
    return { added: await service.calls.post('cart', `/carts/${at(incoming, 'user')}/items`, item) };
  });

  service.post('/checkout', async ({ body }) => {
    await service.work(3);
    const order = { user: readText(body, 'user'), card: readText(body, 'card') };
    return { order: await service.calls.post('checkout', '/orders', order) };
  });
}
