import { checkovReport } from './checkov';
import { kubeScoreReport } from './kube-score';

const scored = (checks: readonly object[]) =>
  JSON.stringify([
    { type_meta: { kind: 'Job' }, object_meta: { name: 'topics-0123456789', namespace: 'redpanda' }, checks },
  ]);
const check = { id: 'deployment-replicas', comment: 'More than one replica' };

describe('What kube-score printed', () => {
  it('is a finding a comment, warnings too', () => {
    const comments = [
      { path: 'topics', summary: 'CPU limit is not set' },
      { path: 'topics', summary: 'Memory limit is not set' },
    ];
    const report = kubeScoreReport(scored([{ check, grade: 5, skipped: false, comments }]));
    expect(report.findings.map(({ object, part, message }) => [object, part, message])).toEqual([
      ['Job/topics', 'topics', 'CPU limit is not set'],
      ['Job/topics', 'topics', 'Memory limit is not set'],
    ]);
    expect(report.examined).toEqual([{ object: 'Job/topics', namespace: 'redpanda' }]);
  });

  it('is a finding also where nothing is said beside the grade', () => {
    const report = kubeScoreReport(scored([{ check, grade: 1, skipped: false, comments: null }]));
    expect(report.findings).toEqual([expect.objectContaining({ message: 'More than one replica' })]);
  });

  it('is none where all is well or nothing was checked', () => {
    const well = [
      { check, grade: 10, skipped: false, comments: null },
      { check, grade: 0, skipped: true, comments: null },
    ];
    expect(kubeScoreReport(scored(well)).findings).toEqual([]);
  });

  it('is refused where it is of another form', () => {
    expect(() => kubeScoreReport('[{"type_meta": {}}]')).toThrow('kind');
  });
});

describe('What checkov printed', () => {
  const record = (resource: string) => ({ check_id: 'CKV_K8S_43', check_name: 'Image should use digest', resource });
  const printed = (results: object) =>
    JSON.stringify({
      results: { passed_checks: [], failed_checks: [], skipped_checks: [], parsing_errors: [], ...results },
    });

  it('is a finding a failed check, and one that an annotation skips', () => {
    const report = checkovReport(
      printed({
        passed_checks: [record('Service.shop.web')],
        failed_checks: [record('Pod.shop.web.app.kubernetes.io/name-web')],
        skipped_checks: [record('Deployment.shop.a.b')],
      }),
    );
    expect(report.findings.map(({ object }) => object)).toEqual(['Pod/web', 'Deployment/a.b']);
    expect(report.examined.map(({ object }) => object)).toEqual(['Service/web', 'Pod/web', 'Deployment/a.b']);
  });

  it('is refused where a manifest could not be read, since that is judged by nobody', () => {
    expect(() => checkovReport(printed({ parsing_errors: ['/tempo.yaml'] }))).toThrow(
      'checkov cannot read /tempo.yaml',
    );
  });
});
