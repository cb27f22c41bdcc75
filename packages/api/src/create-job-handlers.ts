import { recordFailedSignIn } from './auth/record-failed-sign-in.ts';
import { sendPasswordReset } from './auth/send-password-reset.ts';
import type { Deps } from './deps.ts';
import type { JobHandlers } from './jobs/create-job-queue.ts';
import type { Mailer } from './mail/mailer.ts';
import { sendMail } from './mail/send-mail.ts';

/** What does each job. */
export function createJobHandlers(deps: Deps, mailer: Mailer): JobHandlers {
  return {
    mail: (job) => sendMail(deps, mailer, job),
    'password-reset': ({ data }) => sendPasswordReset({ deps }, data),
    'failed-sign-in': async (job) => {
      await recordFailedSignIn(deps, job);
    },
  };
}
