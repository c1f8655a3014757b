namespace TunnelRpc.Tests.Peers;

/// <summary>
/// Limits waits that a defect would make endless. A test that passes does not wait this long, also on a slow machine. Longer than the time
/// after which the watchdog describes a test that hangs.
/// </summary>
internal static class TestTimeout
{
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(120);

    public static Task DefaultTimeout(this Task task) => task.WaitAsync(Default);

    public static Task<T> DefaultTimeout<T>(this Task<T> task) => task.WaitAsync(Default);

    public static Task DefaultTimeout(this ValueTask task) => task.AsTask().WaitAsync(Default);

    public static Task<T> DefaultTimeout<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Default);
}
