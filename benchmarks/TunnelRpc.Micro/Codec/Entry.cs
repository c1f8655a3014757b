namespace TunnelRpc.Micro.Codec;

/// <summary>
/// The measured object with five members: an int, a string of 16 characters, a double, a long and a bool. It is encoded as a map of member
/// names, which is the default of a contract. It has setters, because System.Text.Json needs 1.5 times as long to read a record with a
/// constructor.
/// </summary>
public sealed record Entry
{
    public static readonly Entry One = new()
    {
        Id = 42,
        Name = "sixteen-char-nam",
        Value = 3.14159,
        Count = 1_234_567_890_123,
        Active = true,
    };

    public int Id { get; set; }

    public string Name { get; set; } = "";

    public double Value { get; set; }

    public long Count { get; set; }

    public bool Active { get; set; }
}
