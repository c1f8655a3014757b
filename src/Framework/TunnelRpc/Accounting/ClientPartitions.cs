using System.Security.Claims;
using System.Threading.RateLimiting;
using TunnelRpc.Logging;

namespace TunnelRpc.Accounting;

// Decision: docs/adr/0064-limits-per-user-and-address.md
/// <summary>
/// What the clients of each user and of each remote address use of a server. Thread-safe. The server disposes it when it has stopped.
/// </summary>
internal sealed class ClientPartitions : IAsyncDisposable
{
    private readonly TunnelPartitionLimits _perUser;
    private readonly TunnelPartitionLimits _perAddress;
    private readonly TimeProvider _timeProvider;
    private readonly Func<ClaimsPrincipal?, string?> _getUserId;
    private readonly Action<PartitionRefusal> _onRefused;

    // Created for the first client that has a user or an address. It removes the buckets that are full again, by a timer of its own.
    private readonly Lazy<PartitionedRateLimiter<PartitionRateKey>> _rates;

    /// <param name="perUser">The limits of each user.</param>
    /// <param name="perAddress">The limits of each remote address.</param>
    /// <param name="timeProvider">The clock of the rates.</param>
    /// <param name="getUserId">Returns the id of a user; null for an anonymous one.</param>
    /// <param name="onBytesExceeded">Called when a partition exceeds its limit of bytes; repeatedly, on any thread.</param>
    /// <param name="onRefused">Called when a client or a call of it is refused; on any thread.</param>
    public ClientPartitions(
        TunnelPartitionLimits perUser,
        TunnelPartitionLimits perAddress,
        TimeProvider timeProvider,
        Func<ClaimsPrincipal?, string?> getUserId,
        Action onBytesExceeded,
        Action<PartitionRefusal> onRefused)
    {
        _perUser = perUser;
        _perAddress = perAddress;
        _timeProvider = timeProvider;
        _getUserId = getUserId;
        _onRefused = onRefused;
        Users = new(() => new ClientPartition(perUser, "this user", onBytesExceeded));
        Addresses = new(() => new ClientPartition(perAddress, "this remote address", onBytesExceeded));
        _rates = new(() =>
            PartitionedRateLimiter.Create<PartitionRateKey, PartitionRateKey>(key => RateLimitPartition.Get(key, CreateBucket)));
    }

    /// <summary>The partitions of users.</summary>
    public PartitionTable<string> Users { get; }

    /// <summary>The partitions of remote addresses.</summary>
    public PartitionTable<RemoteAddress> Addresses { get; }

    /// <summary>The partitions of a client. The caller disposes the result.</summary>
    /// <param name="user">The user, authenticated or not; null for none.</param>
    /// <param name="remoteEndPoint">The client's address and port; null if they are unknown.</param>
    public PartitionSet Rent(ClaimsPrincipal? user, string? remoteEndPoint) =>
        new(this, _getUserId(user), RemoteAddress.Parse(remoteEndPoint));

    /// <summary>Counts a start; false if there are too many per second.</summary>
    public bool TryAcquireRate(PartitionRateKey key)
    {
        try
        {
            using RateLimitLease lease = _rates.Value.AttemptAcquire(key);
            return lease.IsAcquired;
        }
        catch (ObjectDisposedException)
        {
            // The server has stopped, and refuses the client for that reason.
            return true;
        }
    }

    /// <summary>
    /// Makes the sessions of a partition return the grants of calls that they do not use, and returns their number. Set once, by the owner
    /// of the sessions; null while there are none.
    /// </summary>
    public Func<ClientPartition, int>? ReturnUnusedGrants { get; set; }

    /// <summary>
    /// The sessions of a partition return the grants of calls that they do not use. Returns whether there were any. Reads all sessions, so
    /// it pauses for the tenth part of a second if there were none.
    /// </summary>
    public bool TryReclaimGrants(ClientPartition partition)
    {
        long now = _timeProvider.GetTimestamp();
        if (ReturnUnusedGrants is null || now < partition.ReclaimPauseEnd)
        {
            return false;
        }

        if (ReturnUnusedGrants(partition) > 0)
        {
            return true;
        }

        partition.ReclaimPauseEnd = now + (_timeProvider.TimestampFrequency / 10);
        return false;
    }

    /// <summary>Reports that a client, or a call of it, was refused.</summary>
    public void OnRefused(PartitionRefusal refusal) => _onRefused(refusal);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _rates.IsValueCreated ? _rates.Value.DisposeAsync() : default;

    private TokenBucket CreateBucket(PartitionRateKey key)
    {
        TunnelPartitionLimits limits = key.UserId is null ? _perAddress : _perUser;
        return new TokenBucket(
            key.Rate == PartitionRate.Handshakes ? limits.MaxHandshakesPerSecond : limits.MaxNewSessionsPerSecond, _timeProvider);
    }
}
