namespace TunnelRpc.Tracking;

// Decision: docs/adr/0051-live-objects-for-diagnosis.md
/// <summary>
/// The servers, clients and sessions of this process that are still referenced, so that a program that hangs can describe them. Off unless
/// the switch <see cref="SwitchName"/> of the runtime configuration is true when the process starts; the test assemblies of this project
/// set it. While it is off, <see cref="IsEnabled"/> is a constant for the compiler, and nothing is stored. Thread-safe.
/// </summary>
internal static class LiveObjects
{
    /// <summary>The switch that turns tracking on.</summary>
    public const string SwitchName = "TunnelRpc.TrackLiveObjects";

    private const int MinPruneThreshold = 64;

    /// <summary>Whether objects are tracked. Never changes.</summary>
    public static readonly bool IsEnabled = AppContext.TryGetSwitch(SwitchName, out bool isEnabled) && isEnabled;

    private static readonly Lock Gate = new();

    // Guarded by Gate.
    private static readonly List<WeakReference<object>> Entries = [];
    private static int _pruneThreshold = MinPruneThreshold;

    /// <summary>Tracks an object, by a weak reference. No effect while tracking is off.</summary>
    public static void Add(object liveObject)
    {
        if (!IsEnabled)
        {
            return;
        }

        lock (Gate)
        {
            if (Entries.Count >= _pruneThreshold)
            {
                Entries.RemoveAll(entry => !entry.TryGetTarget(out _));
                _pruneThreshold = Math.Max(MinPruneThreshold, 2 * Entries.Count);
            }

            Entries.Add(new WeakReference<object>(liveObject));
        }
    }

    /// <summary>A snapshot of the tracked objects that are still referenced, in the order in which they were added.</summary>
    public static IReadOnlyList<object> GetAll()
    {
        lock (Gate)
        {
            var objects = new List<object>(Entries.Count);
            foreach (WeakReference<object> entry in Entries)
            {
                if (entry.TryGetTarget(out object? liveObject))
                {
                    objects.Add(liveObject);
                }
            }

            return objects;
        }
    }

    /// <summary>
    /// The current time for <see cref="GetAge"/>, on the clock of the machine: it also runs while a test has stopped the clock of the
    /// options. 0 while tracking is off.
    /// </summary>
    public static long GetTimestamp() => IsEnabled ? TimeProvider.System.GetTimestamp() : 0;

    /// <summary>The time since <paramref name="timestamp"/>; zero for a timestamp of 0.</summary>
    public static TimeSpan GetAge(long timestamp) =>
        timestamp == 0 ? TimeSpan.Zero : TimeProvider.System.GetElapsedTime(timestamp);
}
