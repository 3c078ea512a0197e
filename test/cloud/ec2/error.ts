/** A refusal in EC2's words: HTTP status, code, message. */
export class Ec2Error extends Error {
  override readonly name = 'Ec2Error';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The most frequent kind: the caller's fault, HTTP status 400. */
export function refusal(code: string, message: string): Ec2Error {
  return new Ec2Error(400, code, message);
}
