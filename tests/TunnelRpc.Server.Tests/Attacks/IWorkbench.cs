namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>The contract that attackers call.</summary>
[TunnelService(Callback = typeof(IWorkbenchListener))]
public partial interface IWorkbench
{
    /// <summary>Blocks its thread until the test releases it.</summary>
    Task<int> BlockAsync(int number);

    /// <summary>Fails with an exception that quotes the text.</summary>
    Task FailAsync(string text);

    /// <summary>Takes an argument whose setter throws an exception that quotes the text.</summary>
    Task PutAsync(Fussy argument);

    /// <summary>The same as a one-way call.</summary>
    [OneWay]
    Task DropAsync(Fussy argument);

    /// <summary>Consumes items whose setter throws.</summary>
    Task<int> CountAsync(IAsyncEnumerable<Fussy> items);

    /// <summary>Calls back, and fails as the callback does.</summary>
    Task AskAsync();
}

/// <summary>The callbacks of <see cref="IWorkbench"/>.</summary>
[TunnelService]
public partial interface IWorkbenchListener
{
    Task AnswerAsync();
}

/// <summary>An argument that accepts no text.</summary>
public sealed class Fussy
{
    public const string Secret = "connection string of the application";

    private string _text = "";

    public string Text
    {
        get => _text;
        set
        {
            _text = value;
            if (value.Length > 0 && IsFussy)
            {
                throw new InvalidOperationException($"{Secret}: {value}");
            }
        }
    }

    /// <summary>Off at the side that sends.</summary>
    [TunnelIgnore]
    public bool IsFussy { get; init; } = true;
}
