import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pinsDirectory } from './home';
import type { Tool } from './tool';

/** The jars of an Apache Kafka broker, from Maven Central by `tools/pins/kafka/pom.xml`. */
export function kafkaJars(version: string): Tool {
  const pom = join('kafka', 'pom.xml');
  const recipe = ['dependency:copy-dependencies', `-Dkafka.version=${version}`];
  return {
    name: 'kafka',
    version,
    clients: ['mvn', 'java', 'openssl'],
    pins: [pom],
    recipe,
    outputs: [join('kafka', 'lib'), join('kafka', 'lib', `kafka_2.13-${version}.jar`)],
    estimate: '10 to 30 s',
    async install(workshop) {
      const jars = join(workshop.scratch, 'lib');
      const args = ['-B', '-ntp', '-f', join(pinsDirectory, pom), ...recipe, `-Dlib.dir=${jars}`];
      await workshop.run('mvn', args);
      const lib = workshop.home.path('kafka', 'lib');
      await mkdir(workshop.home.path('kafka'), { recursive: true });
      await rm(lib, { recursive: true, force: true });
      await rename(jars, lib);
    },
  };
}
