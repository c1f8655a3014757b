using System.Globalization;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

// Decision: docs/adr/0059-expiry-of-users.md
/// <summary>
/// Ends what the authentication of a session's user has allowed when it expires: first new calls are refused, later the session is closed.
/// A new authentication of the same user, on another path or by a refresh, restarts both. Thread-safe.
/// </summary>
/// <param name="peer">The peer of the session.</param>
/// <param name="options">The times.</param>
internal sealed class UserExpiry(TunnelPeer peer, TunnelServerOptions options) : IAsyncDisposable
{
    // The longest time that a timer can be set to.
    private static readonly TimeSpan MaxTimerDuration = TimeSpan.FromDays(40);

    private readonly Lock _gate = new();

    // Guarded by _gate. The timer is null before the first expiry is set.
    private ITimer? _timer;
    private DateTimeOffset? _expires;
    private Task _closing = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>When the authentication expires; null when it does not, or is not enforced.</summary>
    public DateTimeOffset? Expires
    {
        get
        {
            lock (_gate)
            {
                return _expires;
            }
        }
    }

    /// <summary>The user was authenticated.</summary>
    /// <param name="expires">When that expires; null for never.</param>
    public void Set(DateTimeOffset? expires)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _expires = expires;
            Update();
        }
    }

    public async ValueTask DisposeAsync()
    {
        ITimer? timer;
        Task closing;
        lock (_gate)
        {
            _isDisposed = true;
            timer = _timer;
            closing = _closing;
        }

        if (timer is not null)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        await closing.ConfigureAwait(false);
    }

    /// <summary>Refuses calls, closes the session or sets the timer, whichever is due. The caller holds _gate.</summary>
    private void Update()
    {
        _timer ??= options.TimeProvider.CreateTimer(
            static state => ((UserExpiry)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (_expires is not { } expires)
        {
            peer.CallRefusal = null;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        DateTimeOffset now = options.TimeProvider.GetUtcNow();
        TimeSpan untilRefusal = expires - now + options.UserExpiryTolerance;
        TimeSpan untilClose = untilRefusal + options.ExpiredSessionTimeout;
        if (untilRefusal > TimeSpan.Zero)
        {
            peer.CallRefusal = null;
            SetTimer(untilRefusal);
        }
        else if (untilClose > TimeSpan.Zero)
        {
            peer.CallRefusal = new TunnelException(TunnelStatus.Unauthenticated, Describe(expires));
            SetTimer(untilClose);
        }
        else if (_closing.IsCompleted)
        {
            string reason = Describe(expires);
            _closing = Task.Run(() => peer.CloseAsync(TunnelStatus.Unauthenticated, reason));
        }
    }

    private void SetTimer(TimeSpan time) => _timer!.Change(time < MaxTimerDuration ? time : MaxTimerDuration, Timeout.InfiniteTimeSpan);

    private void OnTimer()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                Update();
            }
        }
    }

    private static string Describe(DateTimeOffset expires) => string.Create(
        CultureInfo.InvariantCulture,
        $"The authentication of the session's user expired at {expires.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC. A client with an "
            + $"AccessTokenProvider refreshes it by itself; others call RefreshAuthenticationAsync or connect again.");
}
