using System.Net;
using Microsoft.Extensions.Logging;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Client.Paths;

// Decision: docs/adr/0059-expiry-of-users.md
/// <summary>
/// Refreshes the authentication of a session before it expires, with an HTTP request beside the session's path: the session and its calls
/// continue. Does nothing if the client has no <see cref="TunnelClientOptions.AccessTokenProvider"/>, or the server states no lifetime.
/// Thread-safe.
/// </summary>
internal sealed class AuthenticationRefresher : IAsyncDisposable
{
    /// <summary>The part of the lifetime after which the authentication is refreshed.</summary>
    private const double RefreshAt = 0.8;

    private static readonly TimeSpan MinRetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    // The longest time that a timer can be set to.
    private static readonly TimeSpan MaxTimerDuration = TimeSpan.FromDays(40);

    private readonly TunnelSession _session;
    private readonly Uri _address;
    private readonly EndpointFactory _endpoints;
    private readonly TunnelClientOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly Lock _gate = new();

    // Guarded by _gate. The timer is null until a lifetime is known; the lifetime is the latest that the server stated.
    private ITimer? _timer;
    private CredentialLifetime? _lifetime;
    private Task _refreshing = Task.CompletedTask;
    private bool _isDisposed;

    // Changed atomically: the number of the last request. The server accepts each number once.
    private long _lastNumber;

    public AuthenticationRefresher(
        TunnelSession session, Uri address, EndpointFactory endpoints, TunnelClientOptions options, ILogger logger)
    {
        _session = session;
        _address = address;
        _endpoints = endpoints;
        _options = options;
        _logger = logger;
    }

    /// <summary>The session is on a path: the lifetime that its response stated counts from now on.</summary>
    public void OnPathChanged() => SetLifetime(_session.Parameters.Connection.CredentialLifetime, TimeSpan.Zero);

    /// <summary>Refreshes the authentication now, with a token from the application.</summary>
    /// <exception cref="TunnelException">
    /// Unauthenticated: the server does not accept the credentials. PermissionDenied: they are those of another user. Unavailable: no
    /// response, or the session has ended.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        await _oneAtATime.WaitAsync(linked.Token).ConfigureAwait(false);
        try
        {
            // A server that states a lifetime of zero must not cause one request after the other.
            SetLifetime(await SendAsync(linked.Token).ConfigureAwait(false), MinRetryDelay);
        }
        catch (TransportException error)
        {
            throw new TunnelException(TunnelStatus.Unavailable, $"The authentication could not be refreshed: {error.Message}", error);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        ITimer? timer;
        Task refreshing;
        lock (_gate)
        {
            _isDisposed = true;
            timer = _timer;
            refreshing = _refreshing;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (timer is not null)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        await refreshing.ConfigureAwait(false);
    }

    private void SetLifetime(CredentialLifetime? lifetime, TimeSpan minDelay)
    {
        if (_options.AccessTokenProvider is null)
        {
            return;
        }

        lock (_gate)
        {
            _lifetime = lifetime;
            TimeSpan due = lifetime is null
                ? Timeout.InfiniteTimeSpan
                : (lifetime.Duration * RefreshAt) - _options.TimeProvider.GetElapsedTime(lifetime.ReceivedTimestamp);
            SetTimer(lifetime is null || due > minDelay ? due : minDelay);
        }
    }

    /// <summary>Sets the timer. The caller holds _gate.</summary>
    private void SetTimer(TimeSpan due)
    {
        if (_isDisposed || (_timer is null && due == Timeout.InfiniteTimeSpan))
        {
            return;
        }

        _timer ??= _options.TimeProvider.CreateTimer(
            static state => ((AuthenticationRefresher)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        TimeSpan bounded = due == Timeout.InfiniteTimeSpan ? due
            : due <= TimeSpan.Zero ? TimeSpan.Zero
            : due < MaxTimerDuration ? due : MaxTimerDuration;
        _timer.Change(bounded, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_isDisposed || !_refreshing.IsCompleted || _lifetime is not { } lifetime)
            {
                return;
            }

            TimeSpan elapsed = _options.TimeProvider.GetElapsedTime(lifetime.ReceivedTimestamp);
            if (elapsed < lifetime.Duration * RefreshAt)
            {
                // The lifetime is longer than a timer.
                SetTimer((lifetime.Duration * RefreshAt) - elapsed);
                return;
            }

            _refreshing = Task.Run(() => RefreshInBackgroundAsync(lifetime));
        }
    }

    private async Task RefreshInBackgroundAsync(CredentialLifetime lifetime)
    {
        try
        {
            await RefreshAsync(_stopping.Token).ConfigureAwait(false);
            return;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception error)
        {
            // Also exceptions of the application's token provider. The session continues until the server closes it.
            ClientLog.RefreshFailed(_logger, _session.Parameters.Id, error.Message);
        }

        lock (_gate)
        {
            if (_lifetime == lifetime)
            {
                SetTimer(GetRetryDelay(lifetime.Duration - _options.TimeProvider.GetElapsedTime(lifetime.ReceivedTimestamp)));
            }
        }
    }

    /// <summary>
    /// A quarter of the time until the expiry, from 1 s to 30 s; after the expiry, a quarter of the time since then: the server keeps the
    /// session for a while, and the requests become rarer.
    /// </summary>
    internal static TimeSpan GetRetryDelay(TimeSpan remaining)
    {
        TimeSpan delay = remaining.Duration() / 4;
        return delay < MinRetryDelay ? MinRetryDelay : delay < MaxRetryDelay ? delay : MaxRetryDelay;
    }

    private async Task<CredentialLifetime?> SendAsync(CancellationToken cancellationToken)
    {
        SessionParameters session = _session.Parameters;
        TunnelEndpoint endpoint = await _endpoints.CreateAsync(_address, cancellationToken).ConfigureAwait(false);
        using var dialer = new HttpDialer(endpoint, "refresh");
        using HttpRequestMessage request = dialer.CreateRequest(
            HttpMethod.Post,
            SessionRefresh.CreateAddress(_address, session.Id),
            session.Connection.IsHttp2 ? HttpVersion.Version20 : HttpVersion.Version11);
        request.Content = new ByteArrayContent([]);
        request.Headers.TryAddWithoutValidation(
            SessionRefresh.ProofHeader, SessionRefresh.CreateProof(session.Ticket, Interlocked.Increment(ref _lastNumber)));
        using var timeout = new CancellationTokenSource(RequestTimeout, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        HttpResponseMessage response;
        try
        {
            response = await dialer.SendAsync(request, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TransportException($"there was no response within {RequestTimeout.TotalSeconds:0} s.");
        }

        using (response)
        {
            return response.StatusCode == HttpStatusCode.NoContent
                ? dialer.Observations.CredentialLifetime
                : throw CreateError(response, session);
        }
    }

    private static TunnelException CreateError(HttpResponseMessage response, SessionParameters session)
    {
        (TunnelStatus status, string reason) = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => (TunnelStatus.Unauthenticated, "the server does not accept the credentials"),
            HttpStatusCode.Forbidden => (
                TunnelStatus.PermissionDenied,
                "the credentials are those of another user than the session's, or may not use the tunnel"),
            HttpStatusCode.NotFound when HttpHeaderValues.FindServerInstance(response) is { } instance
                && instance != session.ServerInstance => (
                    TunnelStatus.Unavailable, "the request reached another server than the session's: the load balancer needs affinity"),
            HttpStatusCode.NotFound => (TunnelStatus.Unavailable, "the server does not have the session any more"),
            _ => (TunnelStatus.Unavailable, $"expected the status 204, got {(int)response.StatusCode}"),
        };
        return new TunnelException(status, $"The authentication could not be refreshed: {reason}.");
    }
}
