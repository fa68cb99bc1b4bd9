// The doctor: why an address or a session does not work.

import type { Diagnosis, DoctorCode, SharedDiagnosis } from '../api-types';
import { call, query } from './api';

/** What the doctor is asked: a session, or an address. */
export interface Question {
  session?: string;
  address?: string;
  /** A server is to listen on the address. */
  listen?: boolean;
}

/** The longest that it takes, in seconds. */
export const longest = 5;

/** Asks; with is the code of the other machine, ask allows a TLS hello and a line of HTTP. */
export const diagnose = (q: Question & { with?: string; ask?: boolean }, signal?: AbortSignal): Promise<Diagnosis> => call<Diagnosis>('GET', '/doctor' + query({ ...q }), undefined, signal);

/** A diagnosis as a text to share, and a name for its file. */
export const reportOf = (diagnosis: Diagnosis, shorten: boolean): Promise<SharedDiagnosis> => call<SharedDiagnosis>('POST', '/doctor/report', { diagnosis, shorten });

/** What this machine is and has on a port, for the doctor on another one. */
export const ownCode = async (port: number, network: 'tcp' | 'udp'): Promise<string> => (await call<DoctorCode>('GET', '/doctor/code' + query({ port, network }))).code;
