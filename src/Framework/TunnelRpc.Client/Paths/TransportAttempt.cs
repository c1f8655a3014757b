using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

/// <summary>One transport's attempt: connects and shakes hands, and keeps what came of it. Its members are its starter's.</summary>
/// <param name="transport">The transport.</param>
/// <param name="endpoint">Where to.</param>
/// <param name="options">The client's.</param>
/// <param name="migratingSession">The session that is to move to the path; null for a new session.</param>
/// <param name="migrationLock">Of attempts for the same session at once, lets one at a time ask the server to move.</param>
internal sealed class TransportAttempt(ITransport transport, TunnelEndpoint endpoint, TunnelClientOptions options, TunnelSession? migratingSession = null, SemaphoreSlim? migrationLock = null)
{
    private long _startTimestamp;
    private TimeSpan _elapsed;
    private int? _httpStatus;
    private string _reason = "";

    // Set once the transport has connected; until then there is no path that could be silent.
    private TransportConnectionInfo? _connectionInfo;

    public string TransportName => transport.Name;

    public AttemptOutcome Outcome { get; set; } = AttemptOutcome.NotTried;

    /// <summary>The proved path; read when <see cref="Completion"/> has completed.</summary>
    public EstablishedPath? EstablishedPath { get; private set; }

    /// <summary>Completes, without an exception, when the attempt has ended.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public Exception? Error { get; private set; }

    /// <summary>Whether it has failed in a way that says something of this transport on this way, and will soon fail again.</summary>
    public bool IsConclusive => Outcome == AttemptOutcome.TimedOut || (Outcome == AttemptOutcome.Failed && Error is TransportException { IsPermanent: true } or TunnelProtocolException);

    /// <summary>Whether trying again soon may help: it failed, and nothing that answered said that it will again.</summary>
    public bool IsTransient => Outcome == AttemptOutcome.TimedOut
        || (Outcome == AttemptOutcome.Failed
            && Error is not (TransportException { IsPermanent: true } or TunnelException { Status: not (TunnelStatus.Unavailable or TunnelStatus.ResourceExhausted or TunnelStatus.Aborted) }));

    public bool IsRunning => !Completion.IsCompleted;

    /// <summary>Whether it has ended with a path.</summary>
    public bool HasSucceeded => !IsRunning && EstablishedPath is not null;

    public void Start(CancellationToken cancellationToken)
    {
        _startTimestamp = options.TimeProvider.GetTimestamp();
        Completion = RunAsync(cancellationToken);
    }

    public PathAttempt ToPathAttempt() => new(transport.Name, Outcome, _httpStatus, _elapsed, _reason);

    /// <summary>
    /// Closes a path that was proved but not chosen, in order: the server has a session on it. When the attempt has ended; the
    /// record is right on return, the path closed when the task completes, within the close timeout and without an exception.
    /// </summary>
    public Task CloseUnusedPathAsync()
    {
        if (EstablishedPath is not { } path)
        {
            return Task.CompletedTask;
        }

        Outcome = AttemptOutcome.Superseded;
        _reason = "a preferred transport had a path, too.";
        var session = new TunnelSession(path.SessionInfo, path.Connection, path.Input, options);
        session.SetHandler(NullSessionHandler.Instance);
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
            _connectionInfo = connection.Info;
            connection = await EndToEndTlsLayer.WrapAsync(connection, endpoint.Address, options, linked.Token).ConfigureAwait(false);
            long shaking = options.TimeProvider.GetTimestamp();
            EstablishedPath path = await HandshakeAsync(connection, linked.Token, timeout.Token).ConfigureAwait(false);

            // Two exchanges, one after the other.
            EstablishedPath = path with { RoundTripTime = options.TimeProvider.GetElapsedTime(shaking) / 2 };
            _reason = connection.Info.Note ?? "";
        }
        catch (Exception error)
        {
            // Whatever an attempt throws is its failure, not the program's: HTTP stacks throw more than they document.
            SetFailure(error, timeout.IsCancellationRequested, cancellationToken.IsCancellationRequested);
            if (connection is not null)
            {
                await DisposeQuietlyAsync(connection).ConfigureAwait(false);
            }
        }

        _elapsed = options.TimeProvider.GetElapsedTime(_startTimestamp);
    }

    private static async ValueTask DisposeQuietlyAsync(ITransportConnection connection)
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

    private async ValueTask<EstablishedPath> HandshakeAsync(ITransportConnection connection, CancellationToken cancellationToken, CancellationToken timeout)
    {
        if (migratingSession is null)
        {
            (SessionParameters info, ReceiveBuffer input) = await SessionHandshake.DialAsync(connection, options.Limits, SessionHandshake.GetFeatures(options), cancellationToken, options.TimeProvider).ConfigureAwait(false);
            return new EstablishedPath(connection, info, input, 0);
        }

        ResumeResult resumed = await SessionHandshake.ResumeAsync(connection, migratingSession, options.Limits, migrationLock, cancellationToken, timeout).ConfigureAwait(false);
        return new EstablishedPath(connection, migratingSession.Parameters with { Epoch = resumed.Epoch, Connection = connection.Info }, resumed.ReceiveBuffer, resumed.AcknowledgedOffset);
    }

    private void SetFailure(Exception error, bool timedOut, bool abandoned)
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
            _reason = _connectionInfo is { } info
                ? $"the path opened, but the handshake on it got no answer within {options.AttemptTimeout.TotalSeconds:0.#} s. {info.HandshakeTimeoutHint ?? "Something on the way holds what is sent, or drops it."}"
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
