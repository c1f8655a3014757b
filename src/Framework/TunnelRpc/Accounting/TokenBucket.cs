using System.Threading.RateLimiting;

namespace TunnelRpc.Accounting;

/// <summary>
/// A token bucket: so many permits per second, and ten times as many at once. As <see cref="TokenBucketRateLimiter"/>, with the server's
/// clock and without a timer. A permit that is not available is refused at once. Thread-safe.
/// </summary>
/// <param name="permitsPerSecond">The permits per second.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class TokenBucket(int permitsPerSecond, TimeProvider timeProvider) : RateLimiter
{
    private const int BurstSeconds = 10;

    private readonly Lock _gate = new();
    private readonly double _capacity = (double)permitsPerSecond * BurstSeconds;

    // Guarded by _gate: the permits that were available at the timestamp.
    private double _permits = (double)permitsPerSecond * BurstSeconds;
    private long _timestamp = timeProvider.GetTimestamp();

    /// <summary>How long the bucket has been full, so that it is equal to a new one; null if it is not full.</summary>
    public override TimeSpan? IdleDuration
    {
        get
        {
            lock (_gate)
            {
                TimeSpan elapsed = timeProvider.GetElapsedTime(_timestamp);
                var untilFull = TimeSpan.FromSeconds((_capacity - _permits) / permitsPerSecond);
                return elapsed >= untilFull ? elapsed - untilFull : null;
            }
        }
    }

    /// <inheritdoc/>
    public override RateLimiterStatistics GetStatistics()
    {
        lock (_gate)
        {
            Refill();
            return new RateLimiterStatistics { CurrentAvailablePermits = (long)_permits };
        }
    }

    /// <inheritdoc/>
    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (_gate)
        {
            Refill();
            if (_permits < permitCount)
            {
                return Lease.Refused;
            }

            _permits -= permitCount;
            return Lease.Acquired;
        }
    }

    /// <inheritdoc/>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        new(AttemptAcquireCore(permitCount));

    // Called under _gate.
    private void Refill()
    {
        long now = timeProvider.GetTimestamp();
        _permits = Math.Min(_capacity, _permits + (timeProvider.GetElapsedTime(_timestamp, now).TotalSeconds * permitsPerSecond));
        _timestamp = now;
    }

    private sealed class Lease(bool isAcquired) : RateLimitLease
    {
        public static readonly Lease Acquired = new(true);
        public static readonly Lease Refused = new(false);

        public override bool IsAcquired => isAcquired;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
