import { precisionSentence, type Precision } from '@plumbline/console';
import { serviceLabel, type Feedback } from '@plumbline/wire';
import pc from 'picocolors';
import type { FeedbackList } from './console-client';

/** What was stored, for a terminal. */
export function formatStored({ incident, answer, service, revision, shown }: Feedback): string {
  const claimed = shown[0] === undefined ? 'named no cause' : `named ${serviceLabel(shown[0].service)}`;
  const instead = service === undefined ? '' : `, it was ${serviceLabel(service)}`;
  return `Stored: ${pc.bold(answer)}${instead}; of incident ${incident}, revision ${revision}, which ${claimed}.`;
}

/** How often incidents are right, then what was said, newest first. */
export function formatFeedback({ precision, answers }: FeedbackList): string {
  const { share, ...counts } = precision;
  const known: Precision = share === undefined ? counts : { ...counts, share };
  return [precisionSentence(known), ...(answers.length === 0 ? [] : ['']), ...answers.map(line)].join('\n');
}

function line({ incident, answer, service, by, note, saidAtMs, shown }: Feedback): string {
  const claimed = shown[0] === undefined ? 'no clear cause' : serviceLabel(shown[0].service);
  const instead = service === undefined ? '' : `: it was ${serviceLabel(service)}`;
  const told = note === undefined ? '' : `\n    ${note.replace(/\n/g, '\n    ')}`;
  const when = new Date(saidAtMs).toISOString().slice(0, 19);
  return `${when}Z  ${incident}  ${claimed}  ${pc.bold(answer)}${instead}  ${pc.dim(by === '' ? 'without a name' : by)}${told}`;
}
