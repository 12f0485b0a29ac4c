// Real servers on a shared machine now and then miss a beat: a test that failed is tried once more, and its first error is shown.
jest.retryTimes(1, { logErrorsBeforeRetry: true });
