import { z } from 'zod';
import { authed, publicProcedure } from '../trpc.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { refresh } from './refresh.ts';
import { register } from './register.ts';
import * as s from './schemas.ts';

export const authRouter = {
  register: publicProcedure({ method: 'POST', path: '/auth/register', status: 201, summary: 'Make an account' })
    .input(s.registerInput)
    .output(s.signedIn)
    .mutation(({ ctx, input }) => register(ctx, input)),

  login: publicProcedure({ method: 'POST', path: '/auth/login', summary: 'Sign in' })
    .input(s.loginInput)
    .output(s.signedIn)
    .mutation(({ ctx, input }) => login(ctx, input)),

  refresh: publicProcedure({ method: 'POST', path: '/auth/refresh', summary: 'Exchange a refresh token' })
    .input(s.refreshInput)
    .output(s.tokens)
    .mutation(({ ctx, input }) => refresh(ctx, input)),

  logout: authed({ method: 'POST', path: '/auth/logout', summary: 'End this session' })
    .output(z.object({ ok: z.literal(true) }))
    .mutation(({ ctx }) => logout(ctx)),
};
