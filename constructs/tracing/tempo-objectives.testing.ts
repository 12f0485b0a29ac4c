import { budgetCases, durations, requests } from '../core/budget-cases.testing';

const asked = 'route="api_search"';

export const tempoBudgetCases = [
  ...budgetCases(
    'TraceQueries',
    0.1,
    requests(
      'tempo_request_duration_seconds_count',
      'tempo',
      `${asked}, status_code="200"`,
      `${asked}, status_code="500"`,
    ),
  ),
  ...budgetCases(
    'TraceStorageTime',
    1,
    durations('tempo_request_duration_seconds', 'job="tempo", route="/tempopb.Pusher/PushBytesV2"', '10'),
  ),
];
