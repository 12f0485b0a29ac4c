import { code } from '../../tools/markdown';

/** How the bench measures, in Markdown. */
export const howItIsMeasured = [
  '## Method',
  'Spans are fed as OTLP through the code that runs in production, in event time, with the settings of a server. The pipeline is never ' +
    'told when something broke, nor how often. An incident belongs to a fault when it opened between 90 s before the injection (labels can ' +
    'be late) and 90 s after the end of its minutes; every other one is a false alarm. The answer to a fault is the ranking of the first ' +
    'incident that opened, in its last revision. One that is still open from before hides what comes after, and that counts against it.',
  bulletList([
    '**Recorded systems.** 47 faults that were really injected into Online Boutique and Train Ticket, from the Nezha data set, pieced ' +
      'together with fault-free minutes into one stream of about four hours a system; the median of three seeds counts. ' +
      '**These are development data**: the recipe and its constants were chosen by people who had seen all 47 cases, and the page must be ' +
      'read so. Weights come from other systems.',
    '**Simulated systems.** Random systems of 5 to 200 services in which latency comes from queues. “Unseen” means families of graphs that ' +
      'nothing was fitted on. “Visible” faults are those that an oracle can see who knows culprit and time; that is settled before anything is ' +
      'judged, and figures for all and for visible faults are given. “Rough” systems have 1 to 3 traces a second, wide working times, bursts ' +
      'of slowness shared by several services, whole milliseconds, lost spans and clocks that disagree.',
    '**Told the windows.** The same 47 faults, ranked by one who knows when they began: fault-free minutes and what came before the fault ' +
      'against what came from 5 s after it. Simple rules, written without the code of the pipeline, rank the same windows.',
    '**Single traces.** A score for each trace of the latency faults; the 90 s before an injection are ignored.',
  ]),
  'AC@k is the share of faults whose culprit is among the first k services, MRR the mean reciprocal rank; a fault that was not found counts ' +
    'as wrong in both. Intervals come from a bootstrap over faults, differences from a paired one.',
].join('\n\n');

/** What it gets wrong and why, in Markdown. */
export const failureModes = [
  '## Failure modes',
  bulletList([
    'An exception that changes neither the shape nor the time of a trace cannot be seen in traces: three faults of Train Ticket ' +
      '(route, price, travel2) and two of Online Boutique leave nothing in the spans.',
    'Errors that also come in bursts of 20 to 50 s in normal traffic are taken for normal until there are many more of them.',
    'A fault that few requests pass, two to five in half a minute, is found late or not at all.',
    'A service that sends no spans is named as an uninstrumented callee of its caller at best.',
    'A fault that was there while a profile was learnt is part of what is normal.',
    'Recorded minutes are pieced together from different days and repeat themselves: harsher than life in that levels jump, milder in that ' +
      'nothing new comes.',
    'One fault of 23 is four points: differences between rows that are smaller than their intervals mean nothing.',
  ]),
  `One of them in detail: ${code('npm run bench:quality -- --case ID')}.`,
].join('\n\n');

/** Where data and formulas come from, in Markdown. */
export const references = [
  '## References',
  bulletList([
    'Recordings: Yu et al., _Nezha: Interpretable Fine-Grained Root Causes Analysis for Microservices on Multi-modal Observability Data_, ESEC/FSE 2023 (MIT licence).',
    'MicroRank: Yu et al., _MicroRank: End-to-End Latency Issue Localization with Extended Spectrum Analysis in Microservice Environments_, WWW 2021.',
    'Ochiai over services: Abreu et al., _On the Accuracy of Spectrum-based Fault Localization_, TAIC PART 2007.',
    'Bootstrap: Efron and Tibshirani, _An Introduction to the Bootstrap_, 1993.',
    'How simple rules match models, and how few injected faults are visible: Pham et al., _Root Cause Analysis for Microservice System based on Causal Inference: How Far Are We?_, ASE 2024; arXiv 2510.04711.',
  ]),
].join('\n\n');

function bulletList(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
