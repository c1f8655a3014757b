using System.Diagnostics;
using TunnelRpc.Logging;

namespace TunnelRpc.Accounting;

/// <summary>
/// The partitions that one connection, one session or one exchange counts in: that of its user and that of its remote address, each if it
/// has one. Thread-safe. The owner disposes it when nothing of it is counted any more.
/// </summary>
[DebuggerDisplay("User = {User}, Address = {Address}")]
internal sealed class PartitionSet : IDisposable
{
    private readonly ClientPartitions _partitions;
    private readonly string? _userId;
    private readonly RemoteAddress? _address;

    // Exchanged atomically: 1 once disposed.
    private int _isDisposed;

    /// <param name="partitions">The partitions of the server.</param>
    /// <param name="userId">The id of the user; null for an anonymous client.</param>
    /// <param name="address">The remote address; null if it is unknown.</param>
    public PartitionSet(ClientPartitions partitions, string? userId, RemoteAddress? address)
    {
        _partitions = partitions;
        _userId = userId;
        _address = address;
        User = userId is null ? null : partitions.Users.Rent(userId);
        Address = address is { } known ? partitions.Addresses.Rent(known) : null;
    }

    /// <summary>The partition of the user; null for an anonymous client.</summary>
    public ClientPartition? User { get; }

    /// <summary>The partition of the remote address; null if it is unknown.</summary>
    public ClientPartition? Address { get; }

    /// <summary>The id of the user; null for an anonymous client.</summary>
    public string? UserId => _userId;

    /// <summary>Counts one more in each partition, or returns the refusal and counts nothing.</summary>
    public PartitionRefusal? Acquire(PartitionResource resource) =>
        TryAcquire(resource, 1) is { } full ? Report(full.RefuseFor(resource)) : null;

    /// <summary>
    /// Counts more running calls in each partition, or returns the refusal of one call and counts nothing. At a limit, sessions of the
    /// partition return what they do not use.
    /// </summary>
    /// <param name="count">The wanted number; on success what was counted, which may be less, but at least one.</param>
    public PartitionRefusal? AcquireCalls(ref int count)
    {
        while (TryAcquire(PartitionResource.IncomingCall, count) is { } full)
        {
            if (count > 1)
            {
                count = 1;
            }
            else if (!_partitions.TryReclaimGrants(full))
            {
                return Report(full.RefuseFor(PartitionResource.IncomingCall));
            }
        }

        return null;
    }

    /// <summary>Counts less in each partition.</summary>
    public void Release(PartitionResource resource, int count = 1)
    {
        User?.Release(resource, count);
        Address?.Release(resource, count);
    }

    /// <summary>Whether a partition is near its limit of running calls.</summary>
    public bool IsNearCallLimit => User?.IsNearCallLimit == true || Address?.IsNearCallLimit == true;

    /// <summary>The partition whose limit of sessions is reached; null if there is none.</summary>
    public ClientPartition? FindFull(PartitionResource resource) =>
        User?.IsFull(resource) == true ? User : Address?.IsFull(resource) == true ? Address : null;

    /// <summary>Counts the start of a handshake or of a session, or returns the refusal if there are too many per second.</summary>
    public PartitionRefusal? AcquireRate(PartitionRate rate)
    {
        if (User is not null && !_partitions.TryAcquireRate(new PartitionRateKey(rate, _userId, null)))
        {
            return Report(RefuseForRate(User, rate));
        }

        return Address is not null && !_partitions.TryAcquireRate(new PartitionRateKey(rate, null, _address))
            ? Report(RefuseForRate(Address, rate))
            : null;
    }

    /// <summary>The refusal of a new session because the sessions of a partition buffer too many bytes; null if they do not.</summary>
    public PartitionRefusal? CheckBytes()
    {
        ClientPartition? exceeded = IsAboveBytes(User) ? User : IsAboveBytes(Address) ? Address : null;
        return exceeded is null ? null : Report(exceeded.RefuseForBytes());

        static bool IsAboveBytes(ClientPartition? partition) => partition?.BufferedBytes > partition?.Limits.MaxBufferedBytes;
    }

    /// <summary>Adds accounted bytes of a session to each partition; a negative number releases them. Also after disposal.</summary>
    public void AddBytes(long bytes)
    {
        User?.AddBytes(bytes);
        Address?.AddBytes(bytes);
    }

    /// <summary>Counts a refusal in the metrics.</summary>
    public PartitionRefusal Report(PartitionRefusal refusal)
    {
        _partitions.OnRefused(refusal);
        return refusal;
    }

    /// <summary>Returns the partitions to the tables. Idempotent.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (User is not null)
        {
            _partitions.Users.Return(_userId!, User);
        }

        if (Address is not null)
        {
            _partitions.Addresses.Return(_address!.Value, Address);
        }
    }

    /// <summary>Counts more in each partition; returns the partition that is full, and counts nothing then.</summary>
    private ClientPartition? TryAcquire(PartitionResource resource, int count)
    {
        if (User?.TryAcquire(resource, count) == false)
        {
            return User;
        }

        if (Address?.TryAcquire(resource, count) == false)
        {
            User?.Release(resource, count);
            return Address;
        }

        return null;
    }

    private static PartitionRefusal RefuseForRate(ClientPartition partition, PartitionRate rate) => rate == PartitionRate.Handshakes
        ? partition.RefuseForRate(
            "handshakes", nameof(TunnelPartitionLimits.MaxHandshakesPerSecond), partition.Limits.MaxHandshakesPerSecond)
        : partition.RefuseForRate(
            "new sessions", nameof(TunnelPartitionLimits.MaxNewSessionsPerSecond), partition.Limits.MaxNewSessionsPerSecond);
}
