using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

/// <summary>Writes to the stream of a session.</summary>
internal static class SessionWriting
{
    /// <summary>Writes the bytes in pieces of random sizes, whenever the session has capacity.</summary>
    public static async Task WriteAsync(TunnelSession session, byte[] bytes, Random random)
    {
        for (int at = 0; at < bytes.Length;)
        {
            if (!session.HasUnacknowledgedCapacity)
            {
                await Task.Yield();
                continue;
            }

            int count = Math.Min(random.Next(1, 20_000), bytes.Length - at);
            Write(session, bytes.AsSpan(at, count));
            at += count;
            await Task.Yield();
        }
    }

    /// <summary>Appends the bytes as one frame, and flushes if necessary.</summary>
    public static void Write(TunnelSession session, ReadOnlySpan<byte> bytes)
    {
        session.Writer.TryAppend(bytes, default, out bool mustFlush).ShouldBeTrue();
        if (mustFlush)
        {
            session.Writer.Flush(inline: false);
        }
    }
}
