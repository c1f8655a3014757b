using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>
/// Recorded frames without changes. A recorded reply is sent only after the receiver has opened the stream of its call. The stream ids of
/// nested calls can differ from the recording: replies on a stream that is not opened are skipped when no stream was opened for some time.
/// </summary>
internal sealed class UnmodifiedTraffic(IReadOnlyList<RecordedFrame> frames) : ITraffic
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(5);

    public async IAsyncEnumerable<byte[]> ChunksAsync(OpenedStreams opened)
    {
        ulong ownParity = frames.First(frame => frame.Type == FrameType.Call).Stream % 2;
        var missing = new HashSet<ulong>();
        foreach (RecordedFrame frame in frames)
        {
            bool isReply =
                frame.Type is FrameType.Reply or FrameType.Item or FrameType.Bytes or FrameType.End or FrameType.Fragment
                && frame.Stream % 2 != ownParity;
            if (!isReply || (!missing.Contains(frame.Stream) && await WaitForStreamAsync(opened, frame.Stream)))
            {
                yield return frame.ToRecord();
            }
            else
            {
                missing.Add(frame.Stream);
            }
        }
    }

    private static async Task<bool> WaitForStreamAsync(OpenedStreams opened, ulong stream)
    {
        while (true)
        {
            int count = opened.Count;
            try
            {
                await opened.WaitAsync(stream).WaitAsync(QuietTime);
                return true;
            }
            catch (TimeoutException)
            {
                if (opened.Count == count)
                {
                    return false;
                }
            }
        }
    }
}
