import { feedbackLimits, serviceLabel, type Feedback, type Incident } from '@plumbline/wire';
import { html } from 'hono/html';
import { candidatesOf } from '../feedback/input';
import { amount, moment } from './format';
import type { Markup } from './layout';

/** What the form of an incident is made of. */
export interface FeedbackForm {
  /** Proves that an answer comes from a page of this console. */
  readonly token: string;
  /** Name that was given last. */
  readonly by: string;
  /** All questions, on a page that does not renew itself; else buttons that need no typing. */
  readonly full: boolean;
  /** What became of an answer that could not be taken, and what was typed. */
  readonly problem?: string;
  readonly given?: Readonly<Record<string, string | undefined>>;
}

/** What was said of an incident, and, where the console can store it, a form to say more. */
export function feedbackSection(incident: Incident, said: readonly Feedback[], form: FeedbackForm): Markup {
  const mine = said.some(({ by }) => by === form.by);
  return html`<section class="feedback" id="feedback" aria-labelledby="feedback-title">
    <h2 id="feedback-title">${incident.causes.length === 0 ? 'What was it?' : 'Was this right?'}</h2>
    ${form.problem === undefined ? '' : html`<p class="problem" role="alert">${form.problem}</p>`}
    ${
      said.length === 0
        ? html`<p class="muted">Nobody has answered yet.</p>`
        : html`<ul class="said">
            ${said.map((each) => answerLine(each))}
          </ul>`
    }
    <form method="post" action="/incidents/${incident.id}/feedback">
      ${hidden(incident, form)} ${form.full ? questions(incident, form) : buttons(incident, form)}
    </form>
    ${mine ? takeBack(incident, form) : ''}
  </section>`;
}

function hidden({ causes }: Incident, { token }: FeedbackForm): Markup {
  return html`<input type="hidden" name="form" value="${token}" />
    <input type="hidden" name="cause" value="${causes[0]?.service ?? ''}" />`;
}

/** A form of its own: what is chosen and typed in the other has no part in it. */
function takeBack(incident: Incident, form: FeedbackForm): Markup {
  return html`<form method="post" action="/incidents/${incident.id}/feedback">
    ${hidden(incident, form)}
    <input type="hidden" name="by" value="${form.by}" />
    <button name="answer" value="withdrawn">
      Take back what ${form.by === '' ? 'was said without a name' : html`<bdi>${form.by}</bdi> said`}
    </button>
  </form>`;
}

function answerLine({ answer, service, note, by, saidAtMs, revision, shown }: Feedback): Markup {
  const claimed =
    shown[0] === undefined ? 'no cause was named' : html`<bdi>${serviceLabel(shown[0].service)}</bdi> was named`;
  const instead = service === undefined ? '' : html`: it was <b><bdi>${serviceLabel(service)}</bdi></b>`;
  return html`<li>
    <strong>${words[answer]}</strong>${instead}
    <span class="muted"
      >${by === '' ? 'without a name' : html`<bdi>${by}</bdi>`}, ${moment(saidAtMs)}, of revision ${revision}, in which
      ${claimed}${shown[0] === undefined ? '' : ` with ${amount(shown[0].confidence, 'share')}`}</span
    >
    ${note === undefined ? '' : html`<p class="note"><bdi>${note}</bdi></p>`}
  </li>`;
}

const words = { right: 'Right', wrong: 'Wrong', 'not-an-incident': 'Not an incident' } as const;

function buttons({ id, causes }: Incident, { by }: FeedbackForm): Markup {
  const [first] = causes;
  return html`<input type="hidden" name="by" value="${by}" />
    <p class="buttons">
      ${first === undefined ? '' : html`<button name="answer" value="right">Right: ${serviceLabel(first.service)}</button>`}
      <button name="answer" value="not-an-incident">Not an incident</button>
      <a href="/incidents/${id}?answer=more#feedback"
        >${first === undefined ? 'Say which service it was' : 'Wrong, or say more'}</a
      >
    </p>
    ${by === '' ? '' : html`<p class="muted">You answer as <bdi>${by}</bdi>.</p>`}`;
}

function questions(incident: Incident, { by, given = {} }: FeedbackForm): Markup {
  const [first] = incident.causes;
  const others = candidatesOf(incident).filter((service) => service !== first?.service);
  const choice = (answer: Feedback['answer'], text: string): Markup =>
    html`<label
      ><input type="radio" name="answer" value="${answer}" required ${given.answer === answer ? 'checked' : ''} />
      ${text}</label
    >`;
  return html`<fieldset>
      <legend>Your answer</legend>
      ${first === undefined ? '' : choice('right', `Right: it was ${serviceLabel(first.service)}`)}
      ${choice('wrong', first === undefined ? 'It was another service' : 'Wrong: it was another service')}
      ${choice('not-an-incident', 'Not an incident: nothing was wrong')}
    </fieldset>
    <p class="field">
      <label for="feedback-service">If wrong, it was</label>
      <select id="feedback-service" name="service">
        <option value="">I do not know</option>
        ${others.map(
          (service) =>
            html`<option value="${service}" ${given.service === service ? 'selected' : ''}>
              ${serviceLabel(service)}
            </option>`,
        )}
      </select>
    </p>
    <p class="field">
      <label for="feedback-other">or one that is not in the list</label>
      <input
        id="feedback-other"
        name="other"
        value="${given.other ?? ''}"
        maxlength="${feedbackLimits.service}"
        autocomplete="off"
      />
    </p>
    <p class="field">
      <label for="feedback-note">Note</label>
      ${noteField(given.note ?? '')}
    </p>
    <p class="field">
      <label for="feedback-by">Your name</label>
      <input
        id="feedback-by"
        name="by"
        value="${given.by ?? by}"
        maxlength="${feedbackLimits.by}"
        autocomplete="name"
      />
    </p>
    <p class="buttons"><button class="main">Send</button></p>
    <p class="muted">
      Everybody who sees this page sees the answer, and nobody checks the name. Without one, a later answer without a
      name takes its place.
    </p>`;
}

/** White space in it is part of the note. */
function noteField(note: string): Markup {
  return html`<textarea id="feedback-note" name="note" rows="3" maxlength="${feedbackLimits.note}">${note}</textarea>`;
}
