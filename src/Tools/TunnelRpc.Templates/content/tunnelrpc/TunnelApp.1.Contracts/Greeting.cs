namespace TunnelApp._1.Contracts;

/// <summary>A greeting. Records and classes travel as they are, without attributes.</summary>
public sealed record Greeting(string Text, string Language);
