import type { ProbeOutcome } from '@plumbline/standalone';
import { judge, quietOf, type InjectedFault, type Told } from './judge';

const minute = 60_000;
const fault: InjectedFault = {
  target: { kind: 'own-time', culprits: ['shop/cart'], traces: 0.5 },
  size: { addedMs: 20 },
  fault: 'slow-dependency',
  service: 'cart',
  parameters: { delayMs: 20 },
  injectedMs: 10 * minute,
  endedMs: 11 * minute,
};

interface Known {
  readonly outcome?: ProbeOutcome;
  readonly openedAtMs?: number[];
  readonly open?: Told['open'];
}

function told({ outcome = { ranking: [] }, openedAtMs = [], open = [] }: Known = {}): Told {
  return { watch: { outcome: () => outcome, openedAtMs }, open, fromMs: 5 * minute, toMs: 20 * minute };
}

describe('judging a fault', () => {
  it('is as said when an incident opens within a minute and names the service first', () => {
    const [judged] = judge([fault], told({ outcome: { afterMs: 25_000, ranking: ['shop/cart', 'shop/gateway'] } }));
    expect(judged).toMatchObject({ asSaid: true, afterMs: 25_000, named: 'shop/cart', alongside: false });
  });

  it('is not as said when somebody else is named first, or nobody', () => {
    const [other] = judge([fault], told({ outcome: { afterMs: 25_000, ranking: ['shop/gateway', 'shop/cart'] } }));
    expect(other).toMatchObject({ asSaid: false, named: 'shop/gateway' });
    const [nobody] = judge([fault], told({ outcome: { afterMs: 25_000, ranking: [] } }));
    expect(nobody?.asSaid).toBe(false);
  });

  it('is not as said when an incident opens too late, and tells when it did', () => {
    const openedAtMs = [9 * minute, fault.injectedMs + 70_000];
    const [judged] = judge([fault], told({ openedAtMs }));
    expect(judged).toMatchObject({ asSaid: false, lateMs: 70_000 });
    expect(judged).not.toHaveProperty('afterMs');
  });

  it('takes the database for the culprit of a slow database', () => {
    const peer: InjectedFault = { ...fault, target: { ...fault.target, kind: 'peer', of: 'postgresql/cart' } };
    const [judged] = judge([peer], told({ outcome: { afterMs: 1, ranking: ['shop/peer:postgresql/cart'] } }));
    expect(judged?.asSaid).toBe(true);
  });

  it('tells of an incident that was still open when it began', () => {
    const open = [{ fromMs: 8 * minute, toMs: fault.injectedMs + 1 }];
    expect(judge([fault], told({ open }))[0]?.alongside).toBe(true);
    expect(judge([fault], told({ open: [{ fromMs: 8 * minute, toMs: 9 * minute }] }))[0]?.alongside).toBe(false);
  });
});

describe('the time without a fault', () => {
  it('is what was judged without the faults and the minute after each', () => {
    expect(quietOf([fault], told())).toEqual({ minutes: 13, falseAlarms: 0 });
    expect(quietOf([], told())).toEqual({ minutes: 15, falseAlarms: 0 });
  });

  it('counts as false alarms what opened in it', () => {
    const during = [fault.injectedMs + 1, fault.endedMs + minute];
    const outside = [fault.injectedMs - 1, fault.endedMs + minute + 1];
    expect(quietOf([fault], told({ openedAtMs: [...during, ...outside] })).falseAlarms).toBe(2);
  });
});
