using System.Runtime.CompilerServices;

namespace TunnelRpc.Tests.Connecting;

/// <summary>
/// The clock of the system, which runs an action once when the code that has set it reads a timestamp: what other threads may do just then.
/// Thread-safe.
/// </summary>
internal sealed class InterruptedClock : TimeProvider
{
    private readonly AsyncLocal<StrongBox<Action?>?> _action = new();

    /// <summary>Sets the action for the next timestamp that this asynchronous flow reads.</summary>
    public void InterruptNextWith(Action action) => _action.Value = new(action);

    public override long GetTimestamp()
    {
        if (_action.Value is { } box)
        {
            Interlocked.Exchange(ref box.Value, null)?.Invoke();
        }

        return base.GetTimestamp();
    }
}
