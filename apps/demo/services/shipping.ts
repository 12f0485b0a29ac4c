import { readCount, readList, readText } from '../service/json';
import type { Service } from '../service/service';

/** Quotes and books shipments; sets the goods aside before it books. */
export function shipping(service: Service): void {
  service.post('/shipments', async ({ body }) => {
    const orderId = readText(body, 'orderId');
    const items = readList(body, 'items', (item) => ({
      id: readText(item, 'id'),
      quantity: readCount(item, 'quantity'),
    }));
    await service.work(5);
    if (!service.faults.skips('inventory')) await service.calls.post('inventory', '/reservations', { orderId, items });
    await service.work(3);
    return { orderId, parcels: Math.ceil(items.length / 3) };
  });
}
