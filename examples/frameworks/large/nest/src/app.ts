/**
 * The application: notes that are kept until they are flushed.
 *
 * @module
 */

import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Module,
  type OnModuleDestroy,
  Post,
} from '@nestjs/common';
import { lifecycle } from './lifecycle.js';

@Injectable()
export class NotesService implements OnModuleDestroy {
  #notes: string[] = [];

  constructor() {
    lifecycle.step({ name: 'flush_wal', run: () => this.flush() });
  }

  async save(note: string): Promise<string> {
    await sleep(5);
    this.#notes.push(note);
    return note;
  }

  flush(): void {
    const lines = this.#notes.map((note) => `${note}\n`);
    appendFileSync(process.env.JOURNAL ?? 'notes.txt', lines.join(''));
    this.#notes = [];
    console.log('flushed');
  }

  onModuleDestroy(): void {
    console.log('onModuleDestroy');
  }
}

@Controller()
export class AppController {
  constructor(private readonly notes: NotesService) {}

  @Get('hello')
  hello(): string {
    return 'hello';
  }

  @Post('notes')
  save(@Body() note: string): Promise<string> {
    return this.notes.save(note);
  }
}

@Module({ controllers: [AppController], providers: [NotesService] })
export class AppModule {}
