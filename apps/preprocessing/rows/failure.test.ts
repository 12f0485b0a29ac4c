import { hasFailed, type Outcome } from './failure';

const fine: Outcome = { kind: 2, statusCode: 0, httpStatus: 0, rpcStatus: '', exception: false };
const server = 2;
const client = 3;

describe('failure', () => {
  it.each<[boolean, string, Partial<Outcome>]>([
    [false, 'nothing said', {}],
    [true, 'status ERROR', { statusCode: 2 }],
    [true, '500 of a server', { kind: server, httpStatus: 500 }],
    [false, '404 of a server', { kind: server, httpStatus: 404 }],
    [true, '404 seen by a client', { kind: client, httpStatus: 404 }],
    [false, '302 seen by a client', { kind: client, httpStatus: 302 }],
    [true, 'UNAVAILABLE of a gRPC server', { kind: server, rpcStatus: 'UNAVAILABLE' }],
    [false, 'NOT_FOUND of a gRPC server', { kind: server, rpcStatus: 'NOT_FOUND' }],
    [true, 'NOT_FOUND seen by a gRPC client', { kind: client, rpcStatus: 'NOT_FOUND' }],
    [false, 'OK of gRPC', { kind: client, rpcStatus: 'OK' }],
    [true, 'an exception without a status', { exception: true }],
    [false, 'an exception that was handled', { exception: true, statusCode: 1 }],
  ])('is %s for %s', (expected, _, outcome) => {
    expect(hasFailed({ ...fine, ...outcome })).toBe(expected);
  });
});
