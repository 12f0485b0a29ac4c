import { assembleTraces, gatherTraces } from '@plumbline/standalone';
import { storedSpans, type StoredSpan } from '@plumbline/wire';
import { otlpRequest } from '@plumbline/preprocessing/testing';
import { shopTrace } from '@plumbline/standalone/told/testing';
import { requestOf } from './stored-request';

async function stored(request: Uint8Array): Promise<StoredSpan[]> {
  const [assembled] = await assembleTraces(await gatherTraces([{ bytes: request, path: 'a test' }]));
  if (assembled === undefined) throw new Error('nothing was assembled');
  return storedSpans(assembled.batch, 0);
}

describe('A stored trace that is read again', () => {
  it('is the trace that was stored: the same spans, names, times and failures', async () => {
    const spans = await stored(otlpRequest(shopTrace(7, 1, { hasPaymentFailed: true })));
    expect(spans.some(({ error }) => error)).toBe(true);
    expect(await stored(requestOf(spans))).toEqual(spans);
  });

  it('keeps who sent it, what it carries, and texts that are no JSON of ours', async () => {
    const [first, ...rest] = await stored(otlpRequest(shopTrace(8, 1)));
    if (first === undefined) throw new Error('no span');
    const rich: StoredSpan = {
      ...first,
      tenant: 'acme',
      environment: 'live',
      namespace: 'shop',
      resourceAttributes: '{"k8s.pod.name":"web-1"}',
      attributes: '{"http.response.status_code":503,"list":["a",1.5,true],"map":{"a":"b"}}',
      statusCode: 'error',
      statusMessage: 'no "stock" left',
      error: true,
    };
    const again = (await stored(requestOf([rich, ...rest]))).find(({ spanId }) => spanId === rich.spanId);
    expect(again).toMatchObject({
      tenant: 'acme',
      environment: 'live',
      namespace: 'shop',
      resourceAttributes: '{"k8s.pod.name":"web-1"}',
      statusMessage: 'no "stock" left',
      error: true,
    });
    expect(JSON.parse(again?.attributes ?? '')).toEqual(JSON.parse(rich.attributes));
    expect(() => requestOf([{ ...rich, attributes: 'no json', events: '{', links: '[1]' }])).not.toThrow();
  });
});
