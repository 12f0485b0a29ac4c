import { images } from '../images';
import { fileOf, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { ConfigFile } from './config-file';
import { Endpoint } from './endpoint';
import { override } from './override';
import { PlatformJob } from './platform-job';
import { TaskPod } from './task-pod';

/** A task, and who is told to make pods of it. */
function render(handedOn: (task: TaskPod) => object = (task) => ({ podTemplate: task.rendered })) {
  const app = testApp();
  const chart = app.chart('learning');
  const task = new TaskPod(chart, 'task', {
    name: 'task',
    instance: 'task',
    runAs: { user: 1000 },
    container: { image: images.workers, args: ['train'], resources: { cpu: '1m', memory: '16Mi' } },
  });
  const store = Endpoint.external('10.1.2.3', 443, { scheme: 'https', ranges: ['10.1.2.3/32'] });
  task.setEnv('STORE', task.connectTo(store).url);
  const file = ConfigFile.json('job.json', () => handedOn(task));
  new PlatformJob(chart, 'maker', { name: 'maker', instance: 'maker', job: 'databases', file });
  return { app, task };
}

describe('A pod that somebody else makes', () => {
  it('has account, policy and template before it is there', () => {
    const { app } = render();
    const objects = renderApp(app);
    expect(violationsOf(app)).toEqual([]);
    expect(objectOf(objects, 'NetworkPolicy', 'task').spec.egress).not.toHaveLength(0);
    expect(objectOf(objects, 'ServiceAccount', 'task')).toMatchObject({ automountServiceAccountToken: false });
  });

  it('is what whoever makes it is told, word for word', () => {
    const { app } = render();
    const objects = renderApp(app);
    const { podTemplate } = JSON.parse(fileOf(objects, 'maker-job', 'job.json')) as { readonly podTemplate: object };
    expect(podTemplate).toEqual(objectOf(objects, 'PodTemplate', 'task').template);
    expect(podTemplate).toMatchObject({ spec: { restartPolicy: 'Never', serviceAccountName: 'task' } });
  });

  it('is held to every invariant, as pods of a controller are', () => {
    const { app, task } = render();
    override(task, 'PodTemplate', (object) => {
      const template = structuredClone(object.template) as { spec: { securityContext: object; containers: object[] } };
      template.spec.securityContext = {};
      template.spec.containers = template.spec.containers.map((each) => ({ ...each, resources: {} }));
      return { ...object, template };
    });
    const found = violationsOf(app).join('\n');
    expect(found).toMatch(/PodTemplate learning\/task: template\.spec/);
    expect(found).toContain('resources');
  });

  it('is told nothing in place of its maker: a template that is not its own counts as what the maker is told', () => {
    const stranger = { podTemplate: { spec: { store: 'task.learning.svc.cluster.local:8080' } } };
    expect(violationsOf(render(() => stranger).app).join('\n')).toContain('task.learning.svc.cluster.local');
  });
});
