using TunnelRpc.Sessions;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Dialing;

namespace TunnelRpc.Client.Paths;

/// <summary>
/// The attempt of one transport: connects, performs the handshake, and holds the result. Not thread-safe: used by the code that started it,
/// which reads the result after <see cref="Completion"/> has completed.
/// </summary>
/// <param name="transport">The transport.</param>
/// <param name="endpoint">The endpoint to connect to.</param>
/// <param name="options">The client's options.</param>
/// <param name="migratingSession">The session that migrates to the path; null for a new session.</param>
/// <param name="migrationLock">
/// Shared by the attempts of one race: only its holder asks the server to migrate the session. Null for a single attempt.
/// </param>
internal sealed class TransportAttempt(
    ITransport transport,
    TunnelEndpoint endpoint,
    TunnelClientOptions options,
    TunnelSession? migratingSession = null,
    SemaphoreSlim? migrationLock = null)
{
    // Each attempt has its own cookies: attempts of one race may reach several servers.
    private readonly TunnelEndpoint _endpoint = endpoint with { Cookies = endpoint.Cookies?.Fork() };
    private long _startTimestamp;
    private TimeSpan _elapsed;
    private int? _httpStatus;
    private string _reason = "";
    private IReadOnlyList<AddressAttempt> _addresses = [];
    private bool _timedOutBeforeConnection;

    // Set when the attempt starts.
    private DialRecord? _record;

    // Null until the transport has connected. Afterwards a timeout is one of the handshake, and the hint for it applies.
    private TransportConnectionInfo? _connectionInfo;

    public string TransportName => transport.Name;

    public AttemptOutcome Outcome { get; private set; } = AttemptOutcome.NotTried;

    /// <summary>The path; null unless the attempt has succeeded.</summary>
    public EstablishedPath? EstablishedPath { get; private set; }

    /// <summary>Completes, without an exception, when the attempt has ended; completed before it starts.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Why the attempt failed; null unless it has failed.</summary>
    public Exception? Error { get; private set; }

    /// <summary>
    /// Whether the attempt failed in a way that depends on the transport and its route, so that it is likely to fail again soon.
    /// </summary>
    public bool IsConclusive => (Outcome == AttemptOutcome.TimedOut && !_timedOutBeforeConnection)
        || (Outcome == AttemptOutcome.Failed && Error is TransportException { IsPermanent: true } or TunnelProtocolException);

    /// <summary>
    /// Whether the attempt failed and may succeed soon: no error is permanent, and the server did not refuse the session permanently.
    /// </summary>
    public bool IsTransient => Outcome == AttemptOutcome.TimedOut
        || (Outcome == AttemptOutcome.Failed
            && Error is not (TransportException { IsPermanent: true }
                or TunnelException { Status: not (TunnelStatus.Unavailable or TunnelStatus.ResourceExhausted or TunnelStatus.Aborted) }));

    /// <summary>
    /// The time that the server, or an intermediary, asked to wait before the next attempt; zero for none. The client waits
    /// <see cref="TunnelClientOptions.MaxReconnectDelay"/> at most.
    /// </summary>
    public TimeSpan RetryAfter => Error switch
    {
        TransportException { RetryAfter: { } time } => time,
        SessionRefusedException refused => refused.RetryAfter,
        _ => TimeSpan.Zero,
    };

    /// <summary>
    /// Whether the HTTP response asked to wait before the next request, so that no other transport is started until then: a limit of
    /// requests or a server at its limits concerns all transports.
    /// </summary>
    public bool DefersOthers => !IsRunning
        && Error is TransportException failure
        && (failure.RetryAfter > TimeSpan.Zero || failure.HttpStatus == 429);

    /// <summary>
    /// Whether the server requires other credentials (401), so that no other transport is started: its request would have the same ones,
    /// and servers may lock an account after some failures.
    /// </summary>
    public bool RequiresCredentials => ServerStatus == 401;

    /// <summary>
    /// The status of the response that no further attempt at this address is expected to change soon: no or wrong credentials, no
    /// permission, no tunnel at this address, or a failure of the application. Null if there is no such response.
    /// </summary>
    public int? FinalStatus => ServerStatus is 401 or 403 or 404 or 500 ? ServerStatus : null;

    /// <summary>Whether the attempt received a response of HTTP, or has opened a connection.</summary>
    public bool HasResponse => _httpStatus is not null || _connectionInfo is not null;

    public bool IsRunning => !Completion.IsCompleted;

    /// <summary>The status with which the server, not a proxy, refused the attempt without asking to wait; null if it did not.</summary>
    private int? ServerStatus => !IsRunning
        && Outcome == AttemptOutcome.Failed
        && Error is TransportException { IsProxyResponse: false, HttpStatus: { } status } failure
        && !(failure.RetryAfter > TimeSpan.Zero)
        ? status
        : null;

    /// <summary>Whether the attempt has ended with a path.</summary>
    public bool HasSucceeded => !IsRunning && EstablishedPath is not null;

    /// <summary>Starts the attempt. Called once.</summary>
    public void Start(CancellationToken cancellationToken)
    {
        _startTimestamp = options.TimeProvider.GetTimestamp();
        Completion = RunAsync(cancellationToken);
    }

    /// <summary>The path of the attempt becomes the session's. Its cookies become the client's.</summary>
    public void OnWon()
    {
        Outcome = AttemptOutcome.Won;
        _endpoint.Cookies?.Commit();
    }

    /// <summary>The attempt was not started, because of the response to <paramref name="other"/>.</summary>
    public void OnNotStarted(TransportAttempt other) => _reason = other.RequiresCredentials
        ? $"the server requires other credentials, as its response to {other.TransportName} says."
        : $"the response to {other.TransportName} asked to wait before further requests.";

    /// <summary>Returns the attempt for the report.</summary>
    public PathAttempt ToPathAttempt() =>
        new(transport.Name, Outcome, _httpStatus, _elapsed, _reason) { Addresses = _addresses };

    /// <summary>
    /// Returns a function that describes the attempt for a report at any time, on any thread, although the attempt may still run then.
    /// </summary>
    public Func<PathAttempt> Observe()
    {
        if (!IsRunning)
        {
            PathAttempt ended = ToPathAttempt();
            return () => ended;
        }

        (DialRecord record, long startTimestamp) = (_record!, _startTimestamp);
        return () => new PathAttempt(
            transport.Name,
            AttemptOutcome.Abandoned,
            null,
            options.TimeProvider.GetElapsedTime(startTimestamp),
            $"connecting was cancelled {DescribeProgress(record.Stage)}.");
    }

    /// <summary>
    /// Closes a path that was established but not chosen. The close is orderly, because the server has a session on the path. Called after
    /// the attempt has ended. The outcome is set on return; the task completes, without an exception, when the path is closed, within
    /// <see cref="TunnelOptions.CloseTimeout"/>.
    /// </summary>
    public Task CloseUnusedPathAsync()
    {
        if (EstablishedPath is not { } path)
        {
            return Task.CompletedTask;
        }

        Outcome = AttemptOutcome.Superseded;
        _reason = "a preferred transport had a path.";
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
        DialRecord record = _record = _endpoint.AddressHistory?.BeginAttempt() ?? new DialRecord(options.TimeProvider);
        try
        {
            if (!await TryUseSpareConnectionAsync(linked.Token).ConfigureAwait(false))
            {
                connection = await transport.ConnectAsync(_endpoint with { DialRecord = record }, linked.Token).ConfigureAwait(false);
                _connectionInfo = connection.Info;
                connection = await EndToEndTlsLayer.WrapAsync(connection, _endpoint.Address, options, linked.Token).ConfigureAwait(false);
                await EstablishAsync(connection, linked.Token, timeout.Token).ConfigureAwait(false);
            }

            _reason = EstablishedPath!.Connection.Info.Note ?? "";
            _addresses = record.Close(hasTimedOut: false);
        }
        catch (Exception error)
        {
            // Each exception is a failure of the attempt only: HTTP stacks throw more exceptions than they document.
            SetFailure(error, record, timeout.IsCancellationRequested, cancellationToken.IsCancellationRequested);
            bool isUnused = error is SessionRefusedException { IsBeforeHello: true };
            if (connection is not null && isUnused && _endpoint.SpareConnection is { } spare)
            {
                spare.Put(_endpoint.Address, connection);
            }
            else if (connection is not null)
            {
                await DisposeQuietlyAsync(connection).ConfigureAwait(false);
            }
        }

        _endpoint.AddressHistory?.EndAttempt(record, IsFailureOfAddress(record), Error is TransportException { IsPermanent: true });
        _elapsed = options.TimeProvider.GetElapsedTime(_startTimestamp);
    }

    /// <summary>
    /// Whether another address of the same name may do better: no response arrived, or one that says that the server cannot serve now.
    /// </summary>
    private bool IsFailureOfAddress(DialRecord record) => Outcome is AttemptOutcome.Failed or AttemptOutcome.TimedOut
        && (record.Stage < DialStage.Responded || _httpStatus >= 500);

    private static async ValueTask DisposeQuietlyAsync(ITransportConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The transport may be the application's. The attempt has failed already, and its first error is reported.
        }
    }

    /// <summary>
    /// Opens a new session on the connection that the resumption of the previous one has left. False if there is none, or it has failed.
    /// </summary>
    private async ValueTask<bool> TryUseSpareConnectionAsync(CancellationToken cancellationToken)
    {
        if (migratingSession is not null || _endpoint.SpareConnection?.TryTake(_endpoint.Address, transport.Name) is not { } spare)
        {
            return false;
        }

        bool isUsed = false;
        _connectionInfo = spare.Info;
        try
        {
            await EstablishAsync(spare, cancellationToken, default).ConfigureAwait(false);
            isUsed = true;
        }
        catch (TransportException)
        {
            // It was closed while it was not used. A new connection takes its place.
            _connectionInfo = null;
        }
        finally
        {
            if (!isUsed)
            {
                await DisposeQuietlyAsync(spare).ConfigureAwait(false);
            }
        }

        return isUsed;
    }

    private async ValueTask EstablishAsync(
        ITransportConnection connection, CancellationToken cancellationToken, CancellationToken timeout)
    {
        long start = options.TimeProvider.GetTimestamp();
        EstablishedPath path = await HandshakeAsync(connection, cancellationToken, timeout).ConfigureAwait(false);

        // The handshake takes two round trips.
        EstablishedPath = path with { RoundTripTime = options.TimeProvider.GetElapsedTime(start) / 2 };
    }

    private async ValueTask<EstablishedPath> HandshakeAsync(
        ITransportConnection connection, CancellationToken cancellationToken, CancellationToken timeout)
    {
        if (migratingSession is null)
        {
            (SessionParameters info, ReceiveBuffer input) = await SessionHandshake
                .DialAsync(connection, options.Limits, SessionHandshake.GetFeatures(options), cancellationToken, options.TimeProvider)
                .ConfigureAwait(false);
            return new EstablishedPath(connection, info, input, 0);
        }

        ResumeResult resumed = await SessionHandshake
            .ResumeAsync(connection, migratingSession, options.Limits, migrationLock, cancellationToken, timeout)
            .ConfigureAwait(false);
        SessionParameters parameters = migratingSession.Parameters with { Epoch = resumed.Epoch, Connection = connection.Info };
        return new EstablishedPath(connection, parameters, resumed.ReceiveBuffer, resumed.AcknowledgedOffset);
    }

    // The message of a TransportException has the time already, if a response had it.
    private string DescribeDelay(Exception error)
    {
        if (RetryAfter <= TimeSpan.Zero)
        {
            return "";
        }

        string asked = error is SessionRefusedException ? $" It asks to wait {RetryAfter.TotalSeconds:0} s." : "";
        return RetryAfter <= options.MaxReconnectDelay
            ? asked
            : $"{asked} The client waits {options.MaxReconnectDelay.TotalSeconds:0.#} s at most (MaxReconnectDelay).";
    }

    private void SetFailure(Exception error, DialRecord record, bool timedOut, bool abandoned)
    {
        Error = error;
        _addresses = record.Close(timedOut && !abandoned);
        _httpStatus = (error as TransportException)?.HttpStatus;
        if (!abandoned)
        {
            _endpoint.Cookies?.Commit();
        }

        if (abandoned)
        {
            Outcome = AttemptOutcome.Abandoned;
            _reason = "another transport had a path first.";
        }
        else if (timedOut)
        {
            Outcome = AttemptOutcome.TimedOut;
            string limit = $"{options.AttemptTimeout.TotalSeconds:0.#} s (AttemptTimeout)";
            string hint = _connectionInfo?.HandshakeTimeoutHint ?? "An intermediary buffers or drops the data.";
            _timedOutBeforeConnection = record.Stage is DialStage.Resolving or DialStage.Connecting;
            _reason = _connectionInfo is not null
                ? $"the path opened, but its handshake got no reply within {limit}. {hint}"
                : DescribeTimeout(record.Stage, limit);
        }
        else
        {
            Outcome = AttemptOutcome.Failed;

            // The messages of transports start with the transport's name, which the report shows already.
            string prefix = transport.Name + ": ";
            string message = ForeignText.Escape(error.Message, 4_096);
            _reason = message.StartsWith(prefix, StringComparison.Ordinal) ? message[prefix.Length..] : message;
            _reason += DescribeDelay(error);
        }
    }

    /// <summary>What the attempt connects to: the server or the proxy.</summary>
    private string Target => _endpoint.Proxy is null ? _endpoint.Address.Authority : $"the proxy {_endpoint.Proxy.Authority}";

    /// <summary>Names the step that a running attempt waits for.</summary>
    private string DescribeProgress(DialStage stage) => stage switch
    {
        DialStage.Resolving => $"before the name of {Target} was resolved",
        DialStage.Connecting => $"before a TCP connection to {Target} had opened",
        DialStage.Connected or DialStage.Ready => $"before {_endpoint.Address.Authority} had responded",
        DialStage.Responded => "before the path had passed bytes in both directions",
        _ => "before it had a path",
    };

    /// <summary>Names the step that did not complete: name resolution, TCP, the proxy's tunnel, TLS or HTTP.</summary>
    private string DescribeTimeout(DialStage stage, string limit)
    {
        string target = Target;
        return stage switch
        {
            DialStage.Resolving
                => $"the name of {target} was not resolved within {limit}: the name server, or HostResolver, did not reply.",
            DialStage.Connecting => $"no TCP connection to {target} opened within {limit}: {string.Join(", ", _addresses)}.",
            DialStage.Connected when _endpoint.Proxy is not null
                => $"the TCP connection to {target} opened, but within {limit} the proxy did not open a tunnel to "
                    + $"{_endpoint.Address.Authority}, or TLS with the server was not established in it.",
            DialStage.Connected
                => $"the TCP connection to {target} opened, but TLS was not established within {limit}: the server or an intermediary does "
                    + "not reply to the TLS handshake.",
            _ => $"the path did not open within {limit}: an intermediary buffers or drops the request or the response.",
        };
    }
}
