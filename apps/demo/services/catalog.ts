import { readCount, readList, readText } from '../service/json';
import { Refusal, type Service } from '../service/service';

interface ProductRow {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly price_cents: number;
}

/** What the shop sells, with what is left of it. */
export function catalog(service: Service): void {
  service.get('/products', async ({ query }) => {
    await service.work(3);
    const products = await service.store.select<ProductRow>(
      'SELECT id, name, category, price_cents FROM products WHERE category = $1 ORDER BY id',
      [readText(query, 'category')],
    );
    const available = new Map(
      service.faults.skips('inventory')
        ? []
        : readList(await service.calls.get('inventory', '/stock'), 'stock', (item): [string, number] => [
            readText(item, 'id'),
            readCount(item, 'available'),
          ]),
    );
    return { products: products.map((product) => ({ ...product, available: available.get(product.id) ?? 0 })) };
  });

  service.get('/products/:id', async ({ params }) => {
    const id = readText(params, 'id');
    await service.work(3);
    const [product] = await service.store.select<ProductRow>(
      'SELECT id, name, category, price_cents FROM products WHERE id = $1',
      [id],
    );
    if (product === undefined) throw new Refusal(404, `no product ${id}`);
    const available = service.faults.skips('inventory')
      ? 0
      : readCount(await service.calls.get('inventory', `/stock/${id}`), 'available');
    return { ...product, available };
  });
}
