using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>
/// Recorded frames as they are. Whoever sent them answered calls that had come: so each answer waits for its call. What the fed side calls
/// late has another number now and then than in the recording; answers to numbers that do not come are left out.
/// </summary>
internal sealed class HonestTraffic(IReadOnlyList<RecordedFrame> frames) : ITraffic
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    public async IAsyncEnumerable<byte[]> ChunksAsync(OpenedStreams opened)
    {
        ulong own = frames.First(frame => frame.Type == FrameType.Call).Stream % 2;
        var missing = new HashSet<ulong>();
        foreach (RecordedFrame frame in frames)
        {
            bool isAnswer = frame.Type is FrameType.Reply or FrameType.Item or FrameType.Bytes or FrameType.End or FrameType.Fragment && frame.Stream % 2 != own;
            if (!isAnswer || (!missing.Contains(frame.Stream) && await WaitForStreamAsync(opened, frame.Stream)))
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
        try
        {
            await opened.WaitAsync(stream).WaitAsync(CallTimeout);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
