namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>A client's contract for tests of applications.</summary>
[TunnelService]
public partial interface IGuest
{
    Task<string> GreetAsync(string name, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NoteAsync(string text);

    Task AcceptAsync(string text, CancellationToken cancellationToken = default);
}
