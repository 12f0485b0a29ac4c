import { messagesOf } from './messages';

describe('Messages to people', () => {
  it('have the words of templates of their own, in files beside the configuration', () => {
    const templates = { acme: '{{- define "acme.title" -}}{{ .Status }}{{ end }}' };
    expect(messagesOf('messages', { title: '{{ template "acme.title" . }}', templates })).toMatchObject({
      title: '{{ template "acme.title" . }}',
      ownTitle: '{{ template "acme.title" . }}',
      text: expect.stringContaining('.Annotations.runbook_url') as string,
      files: { 'acme.tmpl': templates.acme },
    });
  });

  it('leave PagerDuty and mail their own titles unless they are told one', () => {
    expect(messagesOf('messages')).not.toHaveProperty('ownTitle');
  });

  it.each([
    ['a title that does not end', { title: '{{ .Status' }, 'messages.title'],
    ['a text that ends twice', { text: '{{ .Status }} }}' }, 'messages.text'],
    ['an action within an action', { text: '{{ if {{ .Status }} }}' }, 'messages.text'],
    ['a file without a definition', { templates: { acme: 'ACME' } }, 'messages.templates.acme'],
    ['a file that does not end', { templates: { acme: '{{ define "x" }}{{ end' } }, 'messages.templates.acme'],
    ['a name that is a path', { templates: { '../acme': '{{ define "x" }}{{ end }}' } }, 'messages.templates'],
  ])('refuse %s', (_, props, prop) => {
    expect(() => messagesOf('messages', props)).toThrow(expect.objectContaining({ prop }) as Error);
  });
});
