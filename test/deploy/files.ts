/**
 * The files of `examples/deploy`, and what each of them says in its own language. Whether that is
 * right is for the tests.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser, type Instruction, type ModifiableInstruction } from 'dockerfile-ast';

/** Where they are. */
export const FOLDER: string = join(import.meta.dirname, '../../examples/deploy');

const NAMES = [
  'kubernetes.yaml',
  'haproxy.cfg',
  'nginx.conf',
  'tidegate-example.service',
  'Dockerfile',
  'service.js',
] as const;

/** Their texts by name. */
export type Files = Readonly<Record<(typeof NAMES)[number], string>>;

/** As they are now. */
export const FILES: Files = Object.fromEntries(
  NAMES.map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]),
) as Files;

/** A unit of systemd: the values of each directive, in order, whatever its section. */
export function unitOf(text: string): ReadonlyMap<string, readonly string[]> {
  const unit = new Map<string, string[]>();
  for (const [, name = '', value = ''] of text.matchAll(/^(\w+)=(.*)$/gm)) {
    unit.set(name, [...(unit.get(name) ?? []), value]);
  }
  return unit;
}

/** The one value of a directive. */
export function only(unit: ReadonlyMap<string, readonly string[]>, name: string): string {
  const [value, ...others] = unit.get(name) ?? [];
  if (value === undefined || others.length > 0) throw new Error(`${name} is not there once`);
  return value;
}

/** The environment that a unit gives to its service. */
export function environmentOf(text: string): Record<string, string> {
  const pairs = (unitOf(text).get('Environment') ?? []).flatMap((line) => line.split(' '));
  return Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
}

/** The values of a directive of nginx or HAProxy, each as the rest of its line. */
export function directive(text: string, name: string): string[] {
  const lines = text.matchAll(new RegExp(`^\\s*${name} +([^;\\n#]+?);?$`, 'gm'));
  return [...lines].map(([, value = '']) => value);
}

/** The word after this one on some line, as in `check inter 250ms fall 2`. */
export function after(text: string, word: string): string {
  const [, value] = new RegExp(`^[^#\\n]*\\b${word}[ =](\\S+)`, 'm').exec(text) ?? [];
  if (value === undefined) throw new Error(`There is no ${word}`);
  return value;
}

/** Milliseconds of `250ms`, `3s`, and of seconds without a unit. */
export function msOf(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|)$/.exec(text) ?? [];
  return Number(count) * (unit === 'ms' ? 1 : 1_000);
}

/** What an image is made of and starts, as far as a Dockerfile says. */
export interface Image {
  readonly workdir: string;
  /** What is copied into the working directory, in order. */
  readonly copied: readonly string[];
  /** What is run to make it, each a line for the shell. */
  readonly run: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  /** The words of the process. */
  readonly cmd: readonly string[];
  readonly stopSignal: string;
  /** The words of the health check, and its flags. */
  readonly check: readonly string[];
  readonly checkFlags: ReadonlyMap<string, string>;
}

/**
 * Reads a Dockerfile of one stage.
 *
 * @throws where CMD or HEALTHCHECK are not in the exec form: a shell would stand in between
 */
export function imageOf(text: string): Image {
  const instructions = DockerfileParser.parse(text).getInstructions();
  const all = (keyword: string): Instruction[] =>
    instructions.filter((each) => each.getKeyword() === keyword);
  const contents = (keyword: string): string[] =>
    all(keyword).map((each) => each.getArgumentsContent() ?? '');
  const words = (keyword: string): string[] => contents(keyword).flatMap((each) => each.split(' '));
  const [health] = all('HEALTHCHECK') as ModifiableInstruction[];
  return {
    workdir: words('WORKDIR')[0] ?? '',
    copied: contents('COPY').flatMap((each) => each.split(' ').slice(0, -1)),
    run: contents('RUN'),
    env: Object.fromEntries(words('ENV').map((pair) => pair.split('=') as [string, string])),
    ports: words('EXPOSE'),
    cmd: execForm(contents('CMD')[0]),
    stopSignal: words('STOPSIGNAL')[0] ?? '',
    check: execForm(/^CMD\s+(.*)$/.exec(health?.getArgumentsContent() ?? '')?.[1]),
    checkFlags: new Map(health?.getFlags().map((flag) => [flag.getName(), flag.getValue() ?? ''])),
  };
}

function execForm(text: string | undefined): string[] {
  const words: unknown = text?.startsWith('[') ? JSON.parse(text) : undefined;
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  throw new Error(`Not in the exec form: ${text}`);
}
