using TunnelRpc.Calls;
using TunnelRpc.Tracking;

namespace TunnelRpc.Diagnostics;

/// <summary>Describes all servers, clients and sessions of this process that have not ended, see <see cref="LiveObjects"/>.</summary>
internal static class LiveState
{
    /// <summary>
    /// One description for each object, to be created one by one: it may block if a thread hangs while it holds a lock of that object.
    /// </summary>
    public static IReadOnlyList<Func<string>> GetDescriptions()
    {
        var descriptions = new List<Func<string>>();
        foreach (object liveObject in LiveObjects.GetAll())
        {
            switch (liveObject)
            {
                case TunnelPeer peer when !IsEnded(peer):
                    descriptions.Add(() => SessionSnapshot.Of(peer).ToString());
                    break;
                case ILiveObject { IsEnded: false } other:
                    descriptions.Add(other.DescribeState);
                    break;
            }
        }

        return descriptions;
    }

    /// <summary>Whether a session and its calls have ended.</summary>
    private static bool IsEnded(TunnelPeer peer) => peer.SessionCompletion.IsCompleted && !peer.IsBusy;
}
