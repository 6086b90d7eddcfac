import users from '@eventstore/db-client/generated/users_pb.js';
import usersGrpc from '@eventstore/db-client/generated/users_grpc_pb.js';
import { status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { accessDenied, isAdministrator } from './access.js';
import type { Access } from './access.js';
import { CallError, toCallError } from './errors.js';
import { hashPassword, passwordMatches } from './passwords.js';
import type { FoundUser, User, Users } from './users.js';

const ticksPerMs = 10_000n;

function userNotFound(login: string): CallError {
  return userError(status.NOT_FOUND, `User '${login}' is not found.`, 'user-not-found', login);
}

function userConflict(login: string): CallError {
  return userError(status.FAILED_PRECONDITION, 'Conflict.', 'user-conflict', login);
}

function userError(code: status, details: string, exception: string, login: string): CallError {
  return new CallError(code, details, { exception, 'login-name': login });
}

export interface UsersService {
  readonly definition: typeof usersGrpc.UsersService;
  readonly handlers: usersGrpc.IUsersServer;
}

/** The Users service, for the users in `directory`. */
export function usersService(access: Access, directory: Users): UsersService {
  return { definition: usersGrpc.UsersService, handlers: handlersOf(access, directory) };
}

function handlersOf(access: Access, directory: Users): usersGrpc.IUsersServer {
  const demandAdministrator = (call: ServerUnaryCall<unknown, unknown>): void => {
    if (!isAdministrator(access.callerOf(call))) throw accessDenied();
  };
  const find = (login: string): FoundUser => {
    const found = directory.find(login);
    if (found === undefined) throw userNotFound(login);
    return found;
  };
  const update = async (found: FoundUser, change: Partial<User>, refusesOldPassword: boolean): Promise<void> => {
    if (!(await directory.update(found, change, refusesOldPassword))) throw userConflict(found.user.loginName);
  };
  return {
    create: unary(async (call: ServerUnaryCall<users.CreateReq, users.CreateResp>) => {
      demandAdministrator(call);
      const { loginName, password, fullName, groupsList: groups } = asked(call.request.getOptions());
      if (loginName === '') throw new CallError(status.INVALID_ARGUMENT, 'A user needs a login name.');
      const existing = directory.find(loginName);
      if (existing === undefined) {
        if (!(await directory.create({ loginName, fullName, groups }, password))) throw userConflict(loginName);
      } else {
        if (!(await passwordMatches(password, existing.user))) throw userConflict(loginName);
        await directory.complete(loginName);
      }
      return new users.CreateResp();
    }),
    update: unary(async (call: ServerUnaryCall<users.UpdateReq, users.UpdateResp>) => {
      demandAdministrator(call);
      const { loginName, fullName, groupsList: groups } = asked(call.request.getOptions());
      await update(find(loginName), { fullName, groups }, true);
      return new users.UpdateResp();
    }),
    delete: unary(async (call: ServerUnaryCall<users.DeleteReq, users.DeleteResp>) => {
      demandAdministrator(call);
      const { loginName } = asked(call.request.getOptions());
      if (!(await directory.delete(find(loginName)))) throw userConflict(loginName);
      return new users.DeleteResp();
    }),
    enable: unary(async (call: ServerUnaryCall<users.EnableReq, users.EnableResp>) => {
      demandAdministrator(call);
      await update(find(asked(call.request.getOptions()).loginName), { disabled: false }, false);
      return new users.EnableResp();
    }),
    disable: unary(async (call: ServerUnaryCall<users.DisableReq, users.DisableResp>) => {
      demandAdministrator(call);
      await update(find(asked(call.request.getOptions()).loginName), { disabled: true }, true);
      return new users.DisableResp();
    }),
    details(call: ServerWritableStream<users.DetailsReq, users.DetailsResp>) {
      try {
        const caller = access.callerOf(call);
        const loginName = call.request.getOptions()?.getLoginName() ?? '';
        // Nobody has the empty login, which asks for all users.
        if (!isAdministrator(caller) && (loginName === '' || caller.name !== loginName)) throw accessDenied();
        for (const found of loginName === '' ? directory.all() : [find(loginName)]) call.write(toDetails(found));
        call.end();
      } catch (error) {
        call.emit('error', toCallError(error));
      }
    },
    /** Whoever knows somebody's password may change it, so only anonymous callers are refused before it is checked. */
    changePassword: unary(async (call: ServerUnaryCall<users.ChangePasswordReq, users.ChangePasswordResp>) => {
      if (access.callerOf(call).name === undefined) throw accessDenied();
      const { loginName, currentPassword, newPassword } = asked(call.request.getOptions());
      // Whose password was checked is whose is written: a change by somebody else in between makes it a conflict.
      const found = find(loginName);
      if (!(await passwordMatches(currentPassword, found.user))) throw accessDenied();
      await update(found, await hashPassword(newPassword), true);
      return new users.ChangePasswordResp();
    }),
    resetPassword: unary(async (call: ServerUnaryCall<users.ResetPasswordReq, users.ResetPasswordResp>) => {
      demandAdministrator(call);
      const { loginName, newPassword } = asked(call.request.getOptions());
      const hash = await hashPassword(newPassword);
      await update(find(loginName), hash, true);
      return new users.ResetPasswordResp();
    }),
  };
}

function unary<Request, Response>(handle: (call: ServerUnaryCall<Request, Response>) => Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>): void => {
    handle(call).then(
      (response) => answer(null, response),
      (error: unknown) => answer(toCallError(error)),
    );
  };
}

function asked<Options>(options: { toObject(): Options } | undefined): Options {
  if (options === undefined) throw new CallError(status.INVALID_ARGUMENT, 'The call has no options.');
  return options.toObject();
}

function toDetails({ user, updated }: FoundUser): users.DetailsResp {
  return new users.DetailsResp().setUserDetails(
    new users.DetailsResp.UserDetails()
      .setLoginName(user.loginName)
      .setFullName(user.fullName)
      .setGroupsList([...user.groups])
      .setDisabled(user.disabled)
      .setLastUpdated(
        new users.DetailsResp.UserDetails.DateTime().setTicksSinceEpoch(String(BigInt(updated) * ticksPerMs)),
      ),
  );
}
