using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

/// <summary>What tests of sessions send.</summary>
internal static class SessionWriting
{
    /// <summary>Writes all of it in pieces of any size, as there is room.</summary>
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

    /// <summary>Writes as the layer above does.</summary>
    public static void Write(TunnelSession session, ReadOnlySpan<byte> bytes)
    {
        session.Writer.TryAppend(bytes, default, out bool mustFlush).ShouldBeTrue();
        if (mustFlush)
        {
            session.Writer.Flush(inline: false);
        }
    }
}
