/**
 * @param timeout milliseconds; the timer does not keep the process alive
 * @param late the error's message
 * @returns what the promise gives; rejects when it takes longer, and what comes of it then is dropped
 */
export async function within<Value> (timeout: number, promise: Promise<Value>, late: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(late)), timeout).unref()
  })
  try {
    return await Promise.race([promise, end])
  } finally {
    clearTimeout(timer)
  }
}
