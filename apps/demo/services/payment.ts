import { readCount, readText } from '../service/json';
import { Refusal, type Service } from '../service/service';

/** Charges cards, once an order. The card `declined` is declined. */
export function payment(service: Service): void {
  service.post('/charges', async ({ body }) => {
    const id = readText(body, 'id');
    const user = readText(body, 'user');
    const amountCents = readCount(body, 'amountCents');
    await service.store.select(
      'SELECT amount_cents FROM charges WHERE user_id = $1 ORDER BY charged_at DESC LIMIT 10',
      [user],
    );
    // The card network's answer is what takes time here.
    await service.work(15);
    if (readText(body, 'card') === 'declined') throw new Refusal(402, 'the card was declined');
    await service.store.execute(
      'INSERT INTO charges (id, user_id, amount_cents) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [id, user, amountCents],
    );
    return { id, amountCents };
  });
}
