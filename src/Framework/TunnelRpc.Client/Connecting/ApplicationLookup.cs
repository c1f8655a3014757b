namespace TunnelRpc.Client.Connecting;

// Decision: docs/adr/0073-code-of-the-application-that-fails.md
/// <summary>
/// Limits the time of what the application looks up for a client, of addresses and of tokens, so that a look-up that hangs fails its
/// attempt and not the client. Stateless.
/// </summary>
internal static class ApplicationLookup
{
    /// <summary>Runs a look-up for at most the longer one of ConnectTimeout and AttemptTimeout.</summary>
    /// <param name="lookup">The look-up of the application. Its token is cancelled at the limit; a look-up that ignores it is left.</param>
    /// <param name="name">The name of the option, for the message.</param>
    /// <param name="options">The client's options.</param>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    /// <exception cref="TunnelException">Unavailable: it took too long. Exceptions of the look-up are passed on unchanged.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask<T> RunAsync<T>(
        Func<CancellationToken, ValueTask<T>> lookup, string name, TunnelClientOptions options, CancellationToken cancellationToken)
    {
        TimeSpan limit = options.ConnectTimeout > options.AttemptTimeout ? options.ConnectTimeout : options.AttemptTimeout;
        using var timeout = new CancellationTokenSource(limit, options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        ValueTask<T> running = lookup(linked.Token);
        if (running.IsCompleted)
        {
            return await running.ConfigureAwait(false);
        }

        Task<T> task = running.AsTask();
        try
        {
            return await task.WaitAsync(linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TunnelException(
                TunnelStatus.Unavailable,
                $"{name} did not return within {limit.TotalSeconds:0.#} s (the longer one of ConnectTimeout and AttemptTimeout).");
        }
        finally
        {
            // A look-up that was left may fail later; nothing else observes its exception then.
            _ = task.ContinueWith(
                static left => left.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }
}
