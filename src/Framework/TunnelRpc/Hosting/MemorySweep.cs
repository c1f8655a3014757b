using TunnelRpc.Accounting;

namespace TunnelRpc.Hosting;

/// <summary>
/// One search for sessions to abort, so that the memory of all sessions, and that of each user and address, is within its limit. It reads
/// the bytes of each session once, at its start. Used by one thread.
/// </summary>
internal sealed class MemorySweep
{
    /// <summary>Below the limit of all sessions, a holder of less than this part of it is not shed.</summary>
    private const int LargeHolderPart = 256;

    /// <summary>A session without a path that holds this part of the limit is shed before all others.</summary>
    private const int LargeDisconnectedPart = 1024;

    private readonly Action<ServerSession, string, string> _abort;

    // The sessions that have accounted bytes and had not ended.
    private readonly List<Candidate> _candidates;

    /// <param name="sessions">The sessions of the server.</param>
    /// <param name="abort">Aborts a session, with the name of the limit and the cause, unless it ends already.</param>
    public MemorySweep(IEnumerable<ServerSession> sessions, Action<ServerSession, string, string> abort)
    {
        _abort = abort;
        _candidates = [.. sessions
            .Where(s => !s.Session.IsEnded)
            .Select(s => new Candidate(s, s.Session.Memory.AccountedBytes))
            .Where(c => c.Bytes > 0)];
        LiveBytes = _candidates.Sum(c => c.Bytes);
    }

    /// <summary>The bytes of the sessions that have neither ended nor been aborted.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>Whether a user or an address exceeds its limit by sessions that have ended and whose calls still run.</summary>
    public bool IsPartitionExhausted { get; private set; }

    /// <summary>Aborts sessions of each user and address above its limit, the largest first, until 15/16 of the limit remain.</summary>
    public void ShedPartitions()
    {
        ShedPartitions(s => s.Partitions?.User);
        ShedPartitions(s => s.Partitions?.Address);
    }

    /// <summary>
    /// Aborts sessions until the target is reached: large ones without a path, and then, again and again, the largest session of the holder
    /// with the most bytes. Below the limit, only large holders are considered.
    /// </summary>
    /// <param name="limit">The limit, in bytes.</param>
    /// <param name="target">The bytes that may remain.</param>
    public void Shed(long limit, long target)
    {
        const string Limit = nameof(TunnelServerLimits.MaxTotalBufferedBytes);
        IEnumerable<Candidate> disconnected = Live
            .Where(c => c.Bytes >= limit / LargeDisconnectedPart && c.Session.Session.Paths.DisconnectedDuration is not null)
            .OrderByDescending(c => c.Bytes);
        foreach (Candidate candidate in disconnected.ToArray())
        {
            if (LiveBytes <= target)
            {
                return;
            }

            Abort(
                candidate,
                Limit,
                $"The server's sessions use more than three quarters of {limit} bytes of memory, and this one had no path");
        }

        // The holder with the most bytes is first.
        PriorityQueue<Holder, long> holders = new(Live
            .GroupBy(c => c.HolderKey)
            .Select(g => new Holder(g))
            .Select(h => (h, -h.Bytes)));
        while (LiveBytes > target && holders.TryDequeue(out Holder? holder, out _))
        {
            if (LiveBytes < limit && holder.Bytes < limit / LargeHolderPart)
            {
                return;
            }

            Candidate largest = holder.TakeLargest();
            Abort(
                largest,
                Limit,
                $"The server's sessions use more than three quarters of {limit} bytes of memory, "
                + "and those of this user or address use the most");
            if (holder.Bytes > 0)
            {
                holders.Enqueue(holder, -holder.Bytes);
            }
        }
    }

    /// <summary>The candidates that the sweep has not aborted.</summary>
    private IEnumerable<Candidate> Live => _candidates.Where(c => !c.IsAborted);

    private void ShedPartitions(Func<ServerSession, ClientPartition?> select)
    {
        foreach (IGrouping<ClientPartition, Candidate> group in Live
            .Where(c => select(c.Session) is { } p && p.BufferedBytes > p.Limits.MaxBufferedBytes)
            .GroupBy(c => select(c.Session)!)
            .ToArray())
        {
            TunnelPartitionLimits limits = group.Key.Limits;
            string name = limits.NameOf(nameof(limits.MaxBufferedBytes));
            var holder = new Holder(group);
            if (holder.Bytes <= limits.MaxBufferedBytes)
            {
                IsPartitionExhausted = true;
                continue;
            }

            while (holder.Bytes > limits.MaxBufferedBytes - (limits.MaxBufferedBytes / 16))
            {
                Abort(
                    holder.TakeLargest(),
                    name,
                    $"The sessions of this user or address use more than {limits.MaxBufferedBytes} bytes of memory");
            }
        }
    }

    private void Abort(Candidate candidate, string limit, string cause)
    {
        candidate.IsAborted = true;
        LiveBytes -= candidate.Bytes;
        _abort(candidate.Session, limit, cause);
    }

    /// <summary>A session and its bytes at the start of the sweep.</summary>
    private sealed class Candidate(ServerSession session, long bytes)
    {
        public ServerSession Session => session;

        public long Bytes => bytes;

        /// <summary>Whether the sweep has aborted the session.</summary>
        public bool IsAborted { get; set; }

        /// <summary>The user; the address of an anonymous client; the session if it has neither.</summary>
        public object HolderKey => (object?)session.Partitions?.User ?? session.Partitions?.Address ?? (object)session;
    }

    /// <summary>The sessions that are shed together.</summary>
    private sealed class Holder
    {
        // The largest is the last.
        private readonly Stack<Candidate> _sessions;

        public Holder(IEnumerable<Candidate> sessions)
        {
            _sessions = new(sessions.OrderBy(c => c.Bytes));
            Bytes = _sessions.Sum(c => c.Bytes);
        }

        /// <summary>The bytes of the sessions that were not taken.</summary>
        public long Bytes { get; private set; }

        /// <summary>Removes the session with the most bytes. There is one while <see cref="Bytes"/> is positive.</summary>
        public Candidate TakeLargest()
        {
            Candidate largest = _sessions.Pop();
            Bytes -= largest.Bytes;
            return largest;
        }
    }
}
