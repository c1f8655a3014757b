using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TunnelRpc;

// Decision: docs/adr/0069-presence.md
/// <summary>The enumeration of <see cref="TunnelStubExtensions.GatherAsync"/>. It has one result for each session.</summary>
internal static class GatheredResults
{
    /// <summary>
    /// Calls the sessions and returns their results as they come. Calls that have not ended with the enumeration are cancelled; it does not
    /// wait for code that ignores its token.
    /// </summary>
    public static async IAsyncEnumerable<TunnelBroadcastResult<TResult>> EnumerateAsync<TService, TResult>(
        TService stub,
        Func<TService, CancellationToken, Task<TResult>> call,
        TimeSpan timeout,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where TService : class, ITunnelService<TService>
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using BroadcastRun run = TunnelStubExtensions.BeginBroadcast(stub, stop.Token);
        using var expired = new CancellationTokenSource(timeout, run.TimeProvider);
        using var waitEnded = CancellationTokenSource.CreateLinkedTokenSource(expired.Token, cancellationToken);

        // At most one result for each session, so the channel needs no limit of its own.
        Channel<TunnelBroadcastResult<TResult>> results =
            Channel.CreateUnbounded<TunnelBroadcastResult<TResult>>(new UnboundedChannelOptions { SingleReader = true });

        // Exchanged atomically: true once the result of the session is in the channel or about to be written to it, or it has timed out.
        bool[] isReported = new bool[run.Targets.Count];
        try
        {
            for (int i = 0; i < isReported.Length; i++)
            {
                _ = InvokeAsync(i);
            }

            run.OnStarted();
            for (int remaining = isReported.Length; remaining > 0; remaining--)
            {
                if (!results.Reader.TryRead(out TunnelBroadcastResult<TResult>? result))
                {
                    try
                    {
                        result = await results.Reader.ReadAsync(waitEnded.Token).ConfigureAwait(false);
                    }
                    catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                    {
                        ReportTimeouts();
                        result = await results.Reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                    }
                }

                // A cancellation by the caller is not reported as failures of the sessions.
                cancellationToken.ThrowIfCancellationRequested();
                yield return result;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }

        async Task InvokeAsync(int index)
        {
            TunnelBroadcastResult<TResult> result =
                await TunnelStubExtensions.InvokeOneAsync(run, index, call, run.GetToken(index)).ConfigureAwait(false);
            Report(index, result);
        }

        void Report(int index, TunnelBroadcastResult<TResult> result)
        {
            if (!Interlocked.Exchange(ref isReported[index], true))
            {
                results.Writer.TryWrite(result);
            }
        }

        void ReportTimeouts()
        {
            for (int i = 0; i < isReported.Length; i++)
            {
                Report(i, new TunnelBroadcastResult<TResult>(run.Targets[i].SessionId, default, CreateTimeoutError(timeout)));
            }
        }
    }

    private static TunnelException CreateTimeoutError(TimeSpan timeout) =>
        new(TunnelStatus.DeadlineExceeded, $"The session did not answer within the timeout of {timeout} of GatherAsync.");
}
