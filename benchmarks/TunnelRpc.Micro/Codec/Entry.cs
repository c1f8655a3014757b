namespace TunnelRpc.Micro.Codec;

/// <summary>
/// The measured object of five members (an int, a string of 16 characters, a double, a long and a bool), which travels as a map by their
/// names: what a contract does by itself. With setters: a record with a constructor takes System.Text.Json half as long again to read.
/// </summary>
public sealed record Entry
{
    public static readonly Entry One = new() { Id = 42, Name = "sixteen-char-nam", Value = 3.14159, Count = 1_234_567_890_123, Active = true };

    public int Id { get; set; }

    public string Name { get; set; } = "";

    public double Value { get; set; }

    public long Count { get; set; }

    public bool Active { get; set; }
}
