import { loadCommand, parseCluster } from './clusters';

describe('A local cluster', () => {
  it.each([
    ['kind', ['kind', 'load', 'image-archive', 'image.tar']],
    ['kind:dev', ['kind', 'load', 'image-archive', 'image.tar', '--name', 'dev']],
    ['k3s', ['k3s', 'ctr', 'images', 'import', 'image.tar']],
    ['minikube', ['minikube', 'image', 'load', 'image.tar']],
    ['minikube:team', ['minikube', '--profile', 'team', 'image', 'load', 'image.tar']],
  ])('"%s" takes an archive by its own command', (text, command) => {
    expect(loadCommand(parseCluster(text), 'image.tar')).toEqual(command);
  });

  it.each([
    ['docker', '"docker" is no cluster to load into'],
    ['kind:', '"kind:" is no cluster'],
    ['k3s:one', 'leave the name out'],
  ])('is not "%s"', (text, says) => {
    expect(() => parseCluster(text)).toThrow(says);
  });
});
