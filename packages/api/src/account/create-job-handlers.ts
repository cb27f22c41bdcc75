import type { Deps } from '../deps.ts';
import type { JobHandlers } from '../platform/jobs/create-job-queue.ts';
import type { Mailer } from '../platform/mail/mailer.ts';
import { sendMail } from '../platform/mail/send-mail.ts';
import { sendPasswordReset } from './passwords/send-password-reset.ts';
import { recordFailedSignIn } from './sign-in/record-failed-sign-in.ts';

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
