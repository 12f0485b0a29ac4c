import { readCount, readList, readText } from '../service/json';
import { Refusal, type Service } from '../service/service';

/** How many of each product there are, and for which orders some are set aside. */
export function inventory(service: Service): void {
  service.get('/stock', async () => {
    await service.work(2);
    return { stock: await service.store.select('SELECT product_id AS id, available FROM stock') };
  });

  service.get('/stock/:id', async ({ params }) => {
    const id = readText(params, 'id');
    await service.work(2);
    const [stock] = await service.store.select('SELECT product_id AS id, available FROM stock WHERE product_id = $1', [
      id,
    ]);
    if (stock === undefined) throw new Refusal(404, `no product ${id}`);
    return stock;
  });

  service.post('/reservations', async ({ body }) => {
    const orderId = readText(body, 'orderId');
    const items = readList(body, 'items', (item) => ({
      id: readText(item, 'id'),
      quantity: readCount(item, 'quantity'),
    }));
    await service.work(3);
    const ids = items.map(({ id }) => id);
    const found = await service.store.select(
      'SELECT product_id AS id, available FROM stock WHERE product_id = ANY ($1)',
      [ids],
    );
    if (found.length < items.length) throw new Refusal(409, `not all of ${ids.join(', ')} are in stock`);
    const quantities = items.map(({ quantity }) => quantity);
    await service.store.execute(
      'INSERT INTO reservations SELECT $1, * FROM unnest($2::text[], $3::int[]) ON CONFLICT DO NOTHING',
      [orderId, ids, quantities],
    );
    return { orderId, reserved: items.length };
  });
}
