import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brokerProperties } from '../peers/kafka-properties';
import { freePorts } from '../peers/ports';
import { pinsDirectory } from './home';
import type { Tool, Workshop } from './tool';

/** Where the classes that a broker loads are as a JVM has them in memory, in the tools' home: see {@link archiveClasses}. */
export const classArchive = join('kafka', 'classes.jsa');

/** The jars of an Apache Kafka broker, from Maven Central by `tools/pins/kafka/pom.xml`. */
export function kafkaJars(version: string): Tool {
  const pom = join('kafka', 'pom.xml');
  const recipe = ['dependency:copy-dependencies', `-Dkafka.version=${version}`];
  return {
    name: 'kafka',
    version,
    clients: ['mvn', 'java', 'openssl'],
    pins: [pom],
    recipe: [...recipe, archivingScript],
    outputs: [join('kafka', 'lib'), join('kafka', 'lib', `kafka_2.13-${version}.jar`), classArchive],
    estimate: '20 to 40 s',
    async install(workshop) {
      const jars = join(workshop.scratch, 'lib');
      const args = ['-B', '-ntp', '-f', join(pinsDirectory, pom), ...recipe, `-Dlib.dir=${jars}`];
      await workshop.run('mvn', args);
      const lib = workshop.home.path('kafka', 'lib');
      await mkdir(workshop.home.path('kafka'), { recursive: true });
      await rm(lib, { recursive: true, force: true });
      await rename(jars, lib);
      await archiveClasses(workshop, join(lib, '*'));
    },
  };
}

/**
 * Starts a broker once and has its JVM write the classes that it loaded into an archive, from which later ones map them: a broker starts
 * with half the CPU (2.6 s without, 1.4 s with it). A JVM of another version takes no notice of it.
 *
 * @see https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html
 */
async function archiveClasses(workshop: Workshop, classPath: string): Promise<void> {
  const [clientPort = 0, internalPort = 0, controllerPort = 0] = await freePorts(3);
  const properties = join(workshop.scratch, 'server.properties');
  const listeners = [{ clientPort, internalPort, controllerPort }];
  const options = { index: 0, listeners, directory: workshop.scratch, overrides: {} };
  await writeFile(properties, brokerProperties(options));
  const archive = workshop.home.path(classArchive);
  await rm(archive, { force: true });
  await workshop.run('sh', ['-c', archivingScript, 'archive', classPath, properties, archive]);
}

const archivingScript = `set -eu
java -Xmx128m -cp "$1" kafka.tools.StorageTool format -t cGx1bWJsaW5lLXRlc3QtMQ -c "$2"
java -XX:ArchiveClassesAtExit="$3" -Xmx256m -XX:+UseSerialGC -cp "$1" kafka.Kafka "$2" >broker.log 2>&1 &
broker=$!
until grep -q 'Kafka Server started' broker.log; do
  kill -0 "$broker" || { cat broker.log; exit 1; }
  sleep 0.2
done
kill "$broker"
wait "$broker" || true
test -s "$3"
`;
