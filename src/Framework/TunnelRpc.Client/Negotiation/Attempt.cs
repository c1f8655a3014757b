using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Negotiation;

/// <summary>One transport's attempt: connects and shakes hands, and keeps what came of it. Its members are its starter's.</summary>
/// <param name="transport">The transport.</param>
/// <param name="endpoint">Where to.</param>
/// <param name="options">The client's.</param>
/// <param name="moving">The session that is to move to the path; null for a new session.</param>
/// <param name="last">Of attempts for the same session at once, lets one at a time ask the server to move.</param>
internal sealed class Attempt(ITransport transport, TunnelEndpoint endpoint, TunnelClientOptions options, TunnelSession? moving = null, SemaphoreSlim? last = null)
{
    private long _started;
    private TimeSpan _elapsed;
    private int? _httpStatus;
    private string _reason = "";

    // Set once the transport has connected; until then there is no path that could be silent.
    private TransportConnectionInfo? _opened;

    public string Transport => transport.Name;

    public AttemptOutcome Outcome { get; set; } = AttemptOutcome.NotTried;

    /// <summary>The proved path; read when <see cref="Ended"/> has completed.</summary>
    public NegotiatedPath? Path { get; private set; }

    /// <summary>Completes, without an exception, when the attempt has ended.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public Exception? Error { get; private set; }

    /// <summary>Whether it has failed in a way that says something of this transport on this way, and will soon fail again.</summary>
    public bool IsTelling => Outcome == AttemptOutcome.TimedOut || (Outcome == AttemptOutcome.Failed && Error is TransportException { IsDefinite: true } or TunnelProtocolException);

    /// <summary>Whether trying again soon may help: it failed, and nothing that answered said that it will again.</summary>
    public bool MayPass => Outcome == AttemptOutcome.TimedOut
        || (Outcome == AttemptOutcome.Failed
            && Error is not (TransportException { IsDefinite: true } or TunnelException { Status: not (TunnelStatus.Unavailable or TunnelStatus.ResourceExhausted or TunnelStatus.Aborted) }));

    public bool IsRunning => !Ended.IsCompleted;

    /// <summary>Whether it has ended with a path.</summary>
    public bool IsProved => !IsRunning && Path is not null;

    public void Start(CancellationToken cancellationToken)
    {
        _started = options.TimeProvider.GetTimestamp();
        Ended = RunAsync(cancellationToken);
    }

    public PathAttempt ToRecord() => new(transport.Name, Outcome, _httpStatus, _elapsed, _reason);

    /// <summary>
    /// Closes a path that was proved but not chosen, in order: the server has a session on it. When the attempt has ended; the
    /// record is right on return, the path closed when the task completes, within the close timeout and without an exception.
    /// </summary>
    public Task CloseAsync()
    {
        if (Path is not { } path)
        {
            return Task.CompletedTask;
        }

        Outcome = AttemptOutcome.Lost;
        _reason = "a preferred transport had a path, too.";
        var session = new TunnelSession(path.Info, path.Connection, path.Input, options);
        session.Attach(UnusedSession.Instance);
        session.Start();
        return session.CloseAsync(TunnelStatus.Ok, "Another path was preferred.");
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.AttemptTimeout, options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        ITransportConnection? connection = null;
        try
        {
            connection = await transport.ConnectAsync(endpoint, linked.Token).ConfigureAwait(false);
            _opened = connection.Info;
            connection = await EndToEndPath.OpenAsync(connection, endpoint.Address, options, linked.Token).ConfigureAwait(false);
            long shaking = options.TimeProvider.GetTimestamp();
            NegotiatedPath path = await ShakeHandsAsync(connection, linked.Token, timeout.Token).ConfigureAwait(false);

            // Two exchanges, one after the other.
            Path = path with { RoundTrip = options.TimeProvider.GetElapsedTime(shaking) / 2 };
            _reason = connection.Info.Remark ?? "";
        }
        catch (Exception error)
        {
            // Whatever an attempt throws is its failure, not the program's: HTTP stacks throw more than they document.
            Fail(error, timeout.IsCancellationRequested, cancellationToken.IsCancellationRequested);
            if (connection is not null)
            {
                await DiscardAsync(connection).ConfigureAwait(false);
            }
        }

        _elapsed = options.TimeProvider.GetElapsedTime(_started);
    }

    private static async ValueTask DiscardAsync(ITransportConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // A transport may be anybody's, and the attempt has failed for a reason that counts more.
        }
    }

    private async ValueTask<NegotiatedPath> ShakeHandsAsync(ITransportConnection connection, CancellationToken cancellationToken, CancellationToken timeout)
    {
        if (moving is null)
        {
            (SessionInfo info, RecordInput input) = await SessionHandshake.DialAsync(connection, options.Limits, SessionHandshake.FeaturesOf(options), cancellationToken, options.TimeProvider).ConfigureAwait(false);
            return new NegotiatedPath(connection, info, input, 0);
        }

        ResumedPath resumed = await SessionHandshake.ResumeAsync(connection, moving, options.Limits, last, cancellationToken, timeout).ConfigureAwait(false);
        return new NegotiatedPath(connection, moving.Info with { Epoch = resumed.Epoch, Connection = connection.Info }, resumed.Input, resumed.Acknowledged);
    }

    private void Fail(Exception error, bool timedOut, bool abandoned)
    {
        Error = error;
        _httpStatus = (error as TransportException)?.HttpStatus;
        if (abandoned)
        {
            Outcome = AttemptOutcome.Abandoned;
            _reason = "another transport had a path first.";
        }
        else if (timedOut)
        {
            Outcome = AttemptOutcome.TimedOut;
            _reason = _opened is { } info
                ? $"the path opened, but the handshake on it got no answer within {options.AttemptTimeout.TotalSeconds:0.#} s. {info.WhenSilent ?? "Something on the way holds what is sent, or drops it."}"
                : $"the path did not open within {options.AttemptTimeout.TotalSeconds:0.#} s: something on the way holds the request or its answer, or drops it.";
        }
        else
        {
            Outcome = AttemptOutcome.Failed;

            // Transports name themselves in their messages; beside the attempt's own name that would stand twice.
            string self = transport.Name + ": ";
            _reason = error.Message.StartsWith(self, StringComparison.Ordinal) ? error.Message[self.Length..] : error.Message;
        }
    }
}
