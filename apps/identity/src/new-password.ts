import { checked } from '#libs/http/src/text-rules.js';

export const shortestPassword = 12;
export const longestPassword = 1024;

/** Long instead of complicated (NIST SP 800-63B). */
export function NewPassword(): PropertyDecorator {
  return checked('newPassword', `a password of ${shortestPassword} to ${longestPassword} characters`, (text) => {
    return text.length >= shortestPassword && text.length <= longestPassword;
  });
}
